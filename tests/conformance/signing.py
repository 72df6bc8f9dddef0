"""Signatures by keys of every kind, always the same for the same bytes."""

from __future__ import annotations

import base64
from hashlib import sha256, sha512
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tetra_es.crypto.ssh.sshsig import NAMESPACE
from tetra_es.crypto.ssh.wire import pack

if TYPE_CHECKING:
    from collections.abc import Callable

_APPLICATION = b"ssh:"
_ED25519 = Ed25519PrivateKey.from_private_bytes(b"hardware".ljust(32))
_CURVES = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}
_HASHES = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
_P = int(
    "f1f43e74750d4f82efdc6f84b7f2ae00a306b7d56f04cd57560d670dd0d8c18d08817c356d21ac254b140dc020dcc9"
    "6ad3bc16ccfae1b99ecb547e3fbd213247cbf7d5eaf34a9c7330bf6eca1fc7eec42d270061f308e03ee5708110488e"
    "f0c440a3bfecbe982cc622e6560e97518fa70c6ad290d585ad86103cbba1705aa5f9",
    16,
)
_Q = int(
    "e3a79d0b0422b4b9b49c76f81fc2b422dd2ae7c6112a6b6f05c4bc30db43227f7cb37ea2cc3aa1a0c8fb44747931c7"
    "10fb6d9e30f796e5098bcd052c001c9796c7fecb8a60015a6b6f22552ca33babb1cc8862dbf8a513773d28bc738062"
    "41ef63ffd28f5db39514df6054b6b61e53766f9a15c804eb1abcb7623c39bf1f6e03",
    16,
)
"""The primes of an RSA key that signs nothing else."""


class Key(NamedTuple):
    """A key that can sign events."""

    public: bytes
    """In the wire format of SSH."""
    make: Callable[[bytes], bytes]
    """Returns the inner signature of an SSHSIG over some bytes."""

    @property
    def line(self) -> str:
        """The public key as in a `.pub` file, without a comment."""
        size = int.from_bytes(self.public[:4], "big")
        kind = self.public[4 : 4 + size].decode()
        return f"{kind} {base64.b64encode(self.public).decode()}"

    def sign(self, message: bytes) -> bytes:
        """Return the SSHSIG blob over a message."""
        digest = sha512(message).digest()
        inner = self.make(b"SSHSIG" + pack(NAMESPACE.encode(), b"", b"sha512", digest))
        parts = pack(self.public, NAMESPACE.encode(), b"", b"sha512", inner)
        return b"SSHSIG" + (1).to_bytes(4, "big") + parts


def ecdsa(bits: int) -> Key:
    """Return an ECDSA key on one of the curves of NIST."""
    curve = f"nistp{bits}".encode()
    kind = b"ecdsa-sha2-" + curve

    def make(data: bytes) -> bytes:
        return pack(kind, _ecdsa_signature(bits, data))

    return Key(pack(kind, curve, _point(bits)), make)


def rsa_2048() -> Key:
    """Return an RSA key of 2048 bits."""
    exponent = 65537
    private = pow(exponent, -1, (_P - 1) * (_Q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=_P,
        q=_Q,
        d=private,
        dmp1=private % (_P - 1),
        dmq1=private % (_Q - 1),
        iqmp=pow(_Q, -1, _P),
        public_numbers=rsa.RSAPublicNumbers(exponent, _P * _Q),
    )
    key = numbers.private_key()

    def make(data: bytes) -> bytes:
        return pack(b"rsa-sha2-512", key.sign(data, padding.PKCS1v15(), hashes.SHA512()))

    return Key(pack(b"ssh-rsa", _number(exponent), _number(_P * _Q)), make)


def hardware(kind: str, *, flags: int = 1) -> Key:
    """Return a key as hardware has it, `ed25519` or `ecdsa`; flags 1 say that it was touched."""
    trailer = bytes([flags]) + (7).to_bytes(4, "big")
    name = b"sk-ssh-ed25519@openssh.com"
    parts = [_ED25519.public_key().public_bytes_raw(), _APPLICATION]
    if kind == "ecdsa":
        name = b"sk-ecdsa-sha2-nistp256@openssh.com"
        parts = [b"nistp256", _point(256), _APPLICATION]

    def make(data: bytes) -> bytes:
        signed = sha256(_APPLICATION).digest() + trailer + sha256(data).digest()
        by_curve = kind == "ecdsa"
        raw = _ecdsa_signature(256, signed) if by_curve else _ED25519.sign(signed)
        return pack(name, raw) + trailer

    return Key(pack(name, *parts), make)


def _ecdsa_key(bits: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(bits + 7, _CURVES[bits])


def _ecdsa_signature(bits: int, data: bytes) -> bytes:
    how = ec.ECDSA(_HASHES[bits], deterministic_signing=True)
    return pack(*map(_number, decode_dss_signature(_ecdsa_key(bits).sign(data, how))))


def _point(bits: int) -> bytes:
    numbers, size = _ecdsa_key(bits).public_key().public_numbers(), (bits + 7) // 8
    return b"\x04" + numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 8) // 8, "big")
