"""Private keys that `cryptography` reads: all that is not plain Ed25519 as we write it."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_private_key,
)

from tetra_es.crypto.ssh.keys import Ed25519Key, SigningKey
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.crypto.ssh.wire import first, pack
from tetra_es.errors import UsageError

_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    b"ecdsa-sha2-nistp256": hashes.SHA256(),
    b"ecdsa-sha2-nistp384": hashes.SHA384(),
    b"ecdsa-sha2-nistp521": hashes.SHA512(),
}


class Unreadable(ValueError):
    """The file is not a private key that can sign, or the passphrase is another one.

    Without the library's error, whose text could quote the file.
    """


class LibraryKey(SigningKey):
    """An ECDSA or RSA key in memory."""

    def __init__(self, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        """Raises `UsageError` for a key that events cannot be signed with."""
        line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        super().__init__(parse_public_line(line.decode()))
        self._private = private

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data` in wire format."""
        if isinstance(self._private, rsa.RSAPrivateKey):
            raw = self._private.sign(data, padding.PKCS1v15(), hashes.SHA512())
            return pack(b"rsa-sha2-512", raw)
        kind = first(self.blob)
        numbers = decode_dss_signature(self._private.sign(data, ec.ECDSA(_HASHES[kind])))
        return pack(kind, pack(*map(_mpint, numbers)))


def read(data: bytes, passphrase: str | None = None) -> SigningKey:
    """Return the key in an OpenSSH private key file.

    Raises `Unreadable`, and `UsageError` for a key that events cannot be signed with.
    """
    password = None if passphrase is None else passphrase.encode()
    try:
        private = load_ssh_private_key(data, password)
    except Exception:  # the library raises several unrelated types here
        raise Unreadable from None
    if isinstance(private, Ed25519PrivateKey):
        return Ed25519Key(private)
    if isinstance(private, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        return LibraryKey(private)
    raise UsageError("keys of this kind cannot sign events")


def _mpint(number: int) -> bytes:
    """Return a positive number as SSH writes it: with room for its sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")
