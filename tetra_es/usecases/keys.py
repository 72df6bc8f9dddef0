"""A person's own keys: what decrypts secrets, and what signs events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.crypto.age.identities import create_identity, load_identities, recipient_of
from tetra_es.crypto.age.identity import Identity
from tetra_es.crypto.age.recipients import parse_recipient
from tetra_es.crypto.ssh import keys as ssh_keys
from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = [
    "Identity",
    "can_read",
    "check_signing_key",
    "create_identity",
    "create_signing_key",
    "fingerprint_of",
    "load_identities",
    "public_signing_key",
    "recipient_of",
    "recipient_text",
    "signs_as_one_of",
]


def can_read(identities: Sequence[Identity], recipient: str) -> bool:
    """Return whether one of the identities is that of an age recipient."""
    return any(recipient_of(one).text == recipient for one in identities)


def recipient_text(key: str) -> str:
    """Return the age recipient that was given, or that is in the file of that name."""
    private = "KEY-" in key.upper() or "PRIVATE" in key.upper()
    if private or key.startswith("age1") or " " in key.strip():
        return parse_recipient(key).text  # which refuses a private key without quoting it
    path = Path(key)
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}", hint="give a recipient or a file with one"
        ) from error
    return next((line for line in lines if line and not line.startswith("#")), "")


def check_signing_key(path: Path) -> None:
    """Raise `TetraEsError` where there is no key at `path` that can sign."""
    ssh_keys.load(path)


def create_signing_key(path: Path) -> str:
    """Make a signing key at `path`; return its public line. Raises `Refused` where one is there."""
    return ssh_keys.create(path).public_line


def public_signing_key(path: Path) -> str:
    """Return the public line of the key at `path`. Raises `TetraEsError` where it cannot sign."""
    return ssh_keys.load(path).public_line


def signs_as_one_of(path: Path, lines: Collection[str]) -> bool:
    """Return whether the key at `path` is one of some public lines; no where it is not usable."""
    try:
        return public_signing_key(path) in lines
    except TetraEsError:
        return False


def fingerprint_of(line: str) -> str:
    """Return the fingerprint of a public line, as ssh-keygen prints it."""
    return ssh_keys.fingerprint(ssh_keys.parse_public_line(line))
