"""A person's own keys: what decrypts secrets, and what signs events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.crypto.age.identities import create_identity, load_identities, recipient_of
from tetra_es.crypto.age.identity import Identity
from tetra_es.crypto.age.recipients import parse_recipient
from tetra_es.crypto.key_text import check_key_text
from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.errors import TetraEsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = [
    "Identity",
    "OwnKey",
    "can_read",
    "check_key_text",
    "create_identity",
    "fingerprint_of",
    "load_identities",
    "only_key",
    "recipient_of",
    "recipient_text",
    "signs_as_one_of",
]


def can_read(identities: Sequence[Identity], recipient: str) -> bool:
    """Return whether one of the identities is that of an age recipient."""
    return any(recipient_of(one).text == recipient for one in identities)


def recipient_text(key: str) -> str:
    """Return the age recipient that was given, or that is in the file of that name."""
    check_key_text(key)
    private = "KEY-" in key.upper() or "PRIVATE" in key.upper()
    if private or key.startswith("age1") or " " in key.strip():
        return parse_recipient(key).text  # which refuses a private key without quoting it
    path = Path(key)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}", hint="give a recipient or a file with one"
        ) from error
    return parse_recipient(only_key(text, key)).text


def only_key(text: str, where: str) -> str:
    """Return the line with a key in what `where` holds; comments are left out.

    Raises `UsageError` where there are several: one name has one key, and which is not said.
    """
    lines = [line.strip() for line in text.splitlines()]
    found = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if len(found) > 1:
        raise UsageError(
            f"{where} has {len(found)} keys, and a name has one",
            hint="add each under a name of its own",
        )
    line = found[0] if found else ""
    check_key_text(line, where)
    return line


def signs_as_one_of(key: OwnKey, lines: Collection[str]) -> bool:
    """Return whether a key is that of one of some public lines; no where it is not usable."""
    try:
        return key.public() in lines
    except TetraEsError:
        return False


def fingerprint_of(line: str) -> str:
    """Return the fingerprint of a public line, as ssh-keygen prints it."""
    return fingerprint(parse_public_line(line))
