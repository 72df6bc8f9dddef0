"""The one kind of private key file that tetra-es writes: OpenSSH's own, Ed25519, unencrypted.

Format: PROTOCOL.key in the OpenSSH sources; the outside is the same for all kinds. Every command
that records reads one. The library reads all kinds, and imports for that what takes longer than
all the rest of signing.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

from tetra_es.crypto.ssh.wire import first, pack, unpack

_BEGIN, _END = b"-----BEGIN OPENSSH PRIVATE KEY-----", b"-----END OPENSSH PRIVATE KEY-----"
_TYPE = b"ssh-ed25519"
_MAGIC = b"openssh-key-v1\0"
_ONE = (1).to_bytes(4, "big")
_ONE_PLAIN_KEY = _MAGIC + pack(b"none", b"none", b"") + _ONE
_POINT = _SEED = 32
_BLOCK = 8


class Outside(NamedTuple):
    """What a private key file says without its passphrase."""

    encrypted: bool
    public: bytes
    """Public key in wire format."""


def outside(data: bytes) -> Outside | None:
    """Return what a private key file of OpenSSH says of its key, None where it is not one."""
    blob = _blob(data)
    if blob is None or not blob.startswith(_MAGIC):
        return None
    rest = blob[len(_MAGIC) :]
    try:
        cipher = first(rest)
        for _ in range(3):  # cipher, derivation of its key, options of that
            rest = rest[4 + len(first(rest)) :]
        public = first(rest[4:])
        first(public)  # its kind
        return Outside(cipher != b"none", public) if rest[:4] == _ONE else None
    except ValueError:
        return None


def seed_and_point(data: bytes) -> tuple[bytes, bytes] | None:
    """Return private seed and public point of a key file; None for all that is not as we write it.

    Whether the two belong together is the caller's question.
    """
    blob = _blob(data)
    if blob is None or not blob.startswith(_ONE_PLAIN_KEY):
        return None
    try:
        public, private = unpack(blob[len(_ONE_PLAIN_KEY) :], 2)
        kind, point = unpack(public, 2)
    except ValueError:
        return None
    if kind != _TYPE or len(point) != _POINT:
        return None
    seed = _seed(private, point)
    return None if seed is None else (seed, point)


def _blob(data: bytes) -> bytes | None:
    """Return what is between the lines of the frame, None where it has another form."""
    text = data.strip()
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        return None
    try:
        encoded = b"".join(text[len(_BEGIN) : -len(_END)].split())
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return None


def _seed(private: bytes, point: bytes) -> bytes | None:
    """Return the seed in the private part: two equal numbers, the key, a comment, padding."""
    numbers, rest = private[:8], private[8:]
    before = pack(_TYPE, point) + (_SEED + _POINT).to_bytes(4, "big")
    if numbers[:4] != numbers[4:] or not rest.startswith(before):
        return None
    seed, rest = rest[len(before) :][:_SEED], rest[len(before) + _SEED :]
    if not rest.startswith(point):
        return None
    comment = int.from_bytes(rest[_POINT : _POINT + 4], "big")
    padded = len(rest) - _POINT - 4 - comment
    whole = len(private) % _BLOCK == 0 and 0 <= padded < _BLOCK
    return seed if whole and rest.endswith(bytes(range(1, padded + 1))) else None
