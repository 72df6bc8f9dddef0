"""Checkpoints: a signed line of text that says how long the history was, and what it was then.

Format: C2SP tlog-checkpoint and signed-note.

    <origin>
    <number of events>
    <root of their Merkle tree, base64>

    — <name of the key> <base64 of: id of the key, 4 bytes; signature>

Origin and the key's name are `tetra-es.invalid/<organization>/<hash of event 1>`. An Ed25519 key
signs the text itself, as the format says (type 0x01). For other kinds of keys, which cannot do
that or have no type of their own there, the signature is an SSHSIG blob (type 0xff).
"""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidSignature

from tetra_es.crypto.ssh import kinds, sshsig
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.crypto.ssh.wire import first, pack, unpack
from tetra_es.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.crypto.ssh.keys import SigningKey

NAMESPACE: Final = "tetra-es-checkpoint"
"""Of SSH signatures over a checkpoint."""
PREFIX: Final = "tetra-es.invalid/"
"""What the origins of our checkpoints begin with."""
LARGEST: Final = 64 * 1024
"""Bytes of a checkpoint that is read: witnesses add their signatures."""

_ED25519: Final = b"ssh-ed25519"
_NOTE_ED25519: Final = b"\x01"
_NOTE_SSHSIG: Final = b"\xfftetra-es.invalid/sshsig"
_LINE = re.compile("— ([^\\s+]+) ([A-Za-z0-9+/]+={0,2})")


class Checkpoint(NamedTuple):
    """How long a history was, and the root of its tree then."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()
    """Lines that others may have put below; we write none."""
    signatures: tuple[tuple[str, bytes], ...] = ()
    """Name of the key, and id and signature; of our signers and of witnesses."""

    @property
    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.more))

    @property
    def note(self) -> str:
        """The text with its signatures."""
        lines = (f"— {name} {base64.b64encode(one).decode()}\n" for name, one in self.signatures)
        return f"{self.text}\n{''.join(lines)}"

    def signed(self, key: SigningKey) -> Checkpoint:
        """Return it with one more signature. Raises `TetraEsError`."""
        message = self.text.encode()
        if _is_ed25519(key.blob):
            _, signature = unpack(key.sign(message), 2)
        else:
            signature = sshsig.sign(message, key, namespace=NAMESPACE)
        one = self.origin, key_id(self.origin, key.blob) + signature
        return self._replace(signatures=(*self.signatures, one))

    def signers(self, keys: Mapping[str, str]) -> list[str]:
        """Return who of some signers, name to public key line, signed it.

        Signatures of others do not count. Raises `BadSignature` where one of theirs is not valid.
        """
        found = []
        for name, line in keys.items():
            try:
                key = parse_public_line(line)
            except UsageError:  # what was recorded need not be a key that there is
                continue
            wanted = self.origin, key_id(self.origin, key)
            for named, one in self.signatures:
                if (named, one[:4]) == wanted:
                    _check(key, one[4:], self.text.encode(), name)
                    found.append(name)
        return found


def origin_of(organization: str, first_hash: bytes) -> str:
    """Return what checkpoints of a history begin with."""
    return f"{PREFIX}{organization}/{first_hash.hex()}"


def key_id(name: str, key: bytes) -> bytes:
    """Return the 4 bytes by which a note names the key of a signature."""
    if _is_ed25519(key):
        kind, encoded = _NOTE_ED25519, unpack(key, 2)[1]
    else:
        kind, encoded = _NOTE_SSHSIG, key
    return sha256(name.encode() + b"\n" + kind + encoded).digest()[:4]


def parse(data: bytes) -> Checkpoint:
    """Return the checkpoint that bytes are, with line ends of mails, too. Raises `ValueError`."""
    if len(data) > LARGEST:
        raise ValueError(f"it has more than {LARGEST} bytes")
    note = data.decode().replace("\r\n", "\n")
    if re.search("[\x00-\x09\x0b-\x1f]", note):
        raise ValueError("it has control characters")
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or (signatures and not signatures.endswith("\n")):
        raise ValueError("it has no empty line before the signatures")
    lines = text.split("\n")
    if len(lines) < 3 or not all(lines) or not re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]):
        raise ValueError("it does not begin with an origin, a number of events and a root")
    origin, size, root, *more = lines
    found = Checkpoint(origin, int(size), _decoded(root), tuple(more))
    if len(found.root) != 32:
        raise ValueError("its root is not a SHA-256")
    return found._replace(signatures=tuple(map(_signature, signatures.split("\n")[:-1])))


def _signature(line: str) -> tuple[str, bytes]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError("one of its signatures is not written as one")
    return match[1], _decoded(match[2])


def _decoded(text: str) -> bytes:
    """Return what base64 stands for, in the one way that it is written. Raises `ValueError`."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("it is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise ValueError("it is not base64")
    return data


def _check(key: bytes, signature: bytes, message: bytes, name: str) -> None:
    try:
        if _is_ed25519(key):
            kinds.check(key, pack(_ED25519, signature), message)
        elif sshsig.verify(message, signature, namespace=NAMESPACE, any_kind=True) != key:
            raise sshsig.BadSignature("another key")
    except (InvalidSignature, ValueError):
        raise sshsig.BadSignature(f"the signature of {name} does not match") from None


def _is_ed25519(key: bytes) -> bool:
    return first(key) == _ED25519
