"""The public keys that somebody sends to become a member: one to sign with, one to read with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.crypto.age.recipients import parse_recipient
from tetra_es.crypto.key_text import check_key_text, is_private
from tetra_es.crypto.ssh.keys import fingerprint, public_line
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.errors import TetraEsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_SIZE = 64 * 1024
"""Bytes of such a file; two keys have less than 2 KiB."""

_SSH = ("ssh-", "ecdsa-", "sk-")
_AGE = "age1"
_HINT = "`tetra-es identity line` prints the line that a new member sends"


class MemberKeys(NamedTuple):
    """The public keys of a member."""

    place: str
    """Where they were found, for messages."""
    signing: str
    """Public key line, without a comment."""
    recipient: str | None
    """What secrets are encrypted for, None where it was not given."""

    @property
    def fingerprint(self) -> str:
        """That of the signing key, as ssh-keygen prints it."""
        return fingerprint(parse_public_line(self.signing))

    def refuse_two_of_one_kind(self) -> None:
        """Raise `UsageError` for two SSH keys of somebody who reads nothing: which one signs is
        not said."""
        if self.recipient is not None and self.recipient.startswith(_SSH):
            raise UsageError(
                f"{self.place} has two SSH keys, and one signs",
                hint="leave the key to sign with; the other one is for who reads secrets, too",
            )

    def reader(self) -> str:
        """Return the recipient. Raises `UsageError` where there is none."""
        if self.recipient is None:
            raise UsageError(f"{self.place}: no recipient (age1...) to read secrets", hint=_HINT)
        return self.recipient


def read_key_file(path: Path) -> bytes:
    """Return what a file holds. Raises `TetraEsError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}",
            hint="KEYFILE is a file with the public keys, or - for standard input",
        ) from error


def parse_keys(data: bytes, place: str) -> MemberKeys:
    """Return the keys in what somebody sent: an SSH key, which signs, and what secrets are
    encrypted for, which is an age recipient or a second SSH key.

    White space separates them, of any kind; a comment may follow an SSH key on its line, and a
    line that begins with `#` is one. Raises `UsageError` for anything else, which names the line
    and quotes nothing of it.
    """
    if len(data) > MAX_SIZE:
        raise UsageError(f"{place}: more than {MAX_SIZE} bytes", hint=_HINT)
    signing = recipient = None
    for where, key in _keys_in(data.decode("utf-8-sig", errors="replace"), place):
        if signing is None and not key.startswith(_AGE):
            signing = _signing_key(key, where)
        elif recipient is None:
            recipient = _recipient(key, where)
        else:
            raise UsageError(f"{where}: one key too many: one signs and one reads", hint=_HINT)
    if signing is None:
        raise UsageError(f"{place}: no public key (ssh-ed25519 ...) to sign with", hint=_HINT)
    return MemberKeys(place, signing, recipient)


def _keys_in(text: str, place: str) -> Iterator[tuple[str, str]]:
    """Yield each key of a text, and where it is."""
    lines = list(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if is_private(line):
            raise UsageError(
                f"{place}:{number}: that is a private key, which must not be sent to anybody",
                hint="its owner makes another key, since others may have seen this one; "
                "`tetra-es identity line` prints public keys alone",
            )
    words = iter(
        (number, word)
        for number, line in lines
        if not line.lstrip().startswith("#")
        for word in line.split()
    )
    commented = 0
    """The line that may go on with a comment."""
    for number, word in words:
        where = f"{place}:{number}"
        if word.startswith(_SSH):
            commented, body = next(words, (number, ""))
            yield where, f"{word} {body}"
        elif word.startswith(_AGE):
            commented = 0
            yield where, word
        elif number != commented:
            check_key_text(dict(lines)[number], where)
            raise UsageError(f"{where}: not a public key", hint=_HINT)


def _signing_key(key: str, where: str) -> str:
    try:
        return public_line(parse_public_line(key))
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from None


def _recipient(key: str, where: str) -> str:
    try:
        return parse_recipient(key).text
    except UsageError as error:  # which may quote the key
        raise UsageError(f"{where}: not a key that age can encrypt to", hint=error.hint) from None
