"""SSH signatures (SSHSIG) over event hashes.

Format: PROTOCOL.sshsig in the OpenSSH sources. A signature is made over

    "SSHSIG" string(namespace) string("") string(hash algorithm) string(H(message))

and the blob that is stored is

    "SSHSIG" uint32(1) string(public key) string(namespace) string("") string(hash algorithm)
    string(string("ssh-ed25519") string(64 bytes))       (other kinds of keys: see `kinds`)

The namespace keeps a signature made for another purpose with the same key (a git commit, a
file) from being passed off as one over an event. Both hash algorithms of the format are read;
sha512, OpenSSH's own default, is written.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature

from tetra_es.crypto.ssh import kinds
from tetra_es.crypto.ssh.wire import first, pack, unpack

if TYPE_CHECKING:
    from tetra_es.crypto.ssh.keys import SigningKey

NAMESPACE = "tetra-es-event"
_MAGIC = b"SSHSIG"
_VERSION = (1).to_bytes(4, "big")
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_ED25519 = b"ssh-ed25519"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_LINE = 70  # characters, as ssh-keygen writes


class BadSignature(ValueError):
    """The signature is malformed, made for something else, or does not match."""


def sign(message: bytes, key: SigningKey, *, namespace: str = NAMESPACE) -> bytes:
    """Return the SSHSIG blob over `message`."""
    name = namespace.encode()
    signature = key.sign(_to_be_signed(message, name, b"sha512"))
    return _MAGIC + _VERSION + pack(key.blob, name, b"", b"sha512", signature)


def verify(
    message: bytes, blob: bytes, *, namespace: str = NAMESPACE, any_kind: bool = False
) -> bytes:
    """Return the public key (wire format) whose valid signature over `message` is `blob`.

    With `any_kind`, as from rules 1 on, it may be of each of `kinds`, else it is Ed25519. Whether
    that key may sign is the caller's question. Raises `BadSignature`.
    """
    key, name, reserved, algorithm, signature = _parse(blob)
    if name != namespace.encode():
        raise BadSignature(f"made for the namespace {name.decode(errors='replace')!r}")
    if reserved or algorithm not in _HASHES:
        raise BadSignature("unknown hash algorithm or extension")
    try:
        if not any_kind and first(key) != _ED25519:
            raise BadSignature("not an Ed25519 signature")
        kinds.check(key, signature, _to_be_signed(message, name, algorithm))
    except InvalidSignature:
        raise BadSignature("does not match") from None
    except ValueError as error:
        raise BadSignature(str(error)) from None
    return key


def public_key_of(blob: bytes) -> bytes:
    """Return the public key (wire format) that `blob` claims. Raises `BadSignature`."""
    return _parse(blob)[0]


def armor(blob: bytes) -> str:
    """Return `blob` in the text form that ssh-keygen reads and writes."""
    encoded = base64.b64encode(blob).decode()
    lines = [encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def dearmor(text: str) -> bytes:
    """Return the blob in `text`. Raises `BadSignature`."""
    lines = text.strip().splitlines()
    if len(lines) < 3 or lines[0] != _BEGIN or lines[-1] != _END:
        raise BadSignature("not an armored SSH signature")
    try:
        return base64.b64decode("".join(lines[1:-1]), validate=True)
    except ValueError as error:
        raise BadSignature("not base64") from error


def _to_be_signed(message: bytes, namespace: bytes, algorithm: bytes) -> bytes:
    return _MAGIC + pack(namespace, b"", algorithm, _HASHES[algorithm](message).digest())


def _parse(blob: bytes) -> list[bytes]:
    start = len(_MAGIC) + len(_VERSION)
    if blob[:start] != _MAGIC + _VERSION:
        raise BadSignature("not an SSH signature of version 1")
    try:
        return unpack(blob[start:], 5)
    except ValueError as error:
        raise BadSignature(str(error)) from None
