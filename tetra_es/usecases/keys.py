"""A person's own keys: what decrypts secrets, and what signs events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.crypto.age.identities import create_identity, load_identities, recipient_of
from tetra_es.crypto.age.identity import Identity
from tetra_es.crypto.age.recipients import parse_recipient
from tetra_es.crypto.key_text import begins_like_key, check_key_text, refuse_private
from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.errors import TetraEsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_MAX_SIZE = 64 * 1024
"""Characters of a file with a key; a key has less than 2 KiB."""

__all__ = [
    "Identity",
    "OwnKey",
    "can_read",
    "check_key_text",
    "create_identity",
    "fingerprint_of",
    "load_identities",
    "only_key",
    "read_key_text",
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
        text = read_key_text(path)
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}", hint="give a recipient or a file with one"
        ) from error
    return parse_recipient(only_key(text, key)).text


def read_key_text(path: Path) -> str:
    """Return what a file with a public key holds. Raises `OSError` where it cannot be read."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.read(_MAX_SIZE)


def only_key(text: str, where: str) -> str:
    """Return the line with a key in what `where` holds; comments are left out.

    Raises `UsageError` where there are several: one name has one key, and which is not said. So it
    does for a private key, and where there is something else as well.
    """
    refuse_private(text, where)
    lines = [line.strip() for line in text.splitlines()]
    found = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    keys = [line for line in found if begins_like_key(line)]
    if len(keys) > 1:
        raise UsageError(
            f"{where} has {len(keys)} keys, and a name has one",
            hint="add each under a name of its own",
        )
    if len(found) > 1:
        other = next(line for line in found if line not in keys)
        number = lines.index(other) + 1
        check_key_text(other, f"{where}:{number}")
        raise UsageError(f"{where}:{number}: not a public key", hint="leave the line with the key")
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
