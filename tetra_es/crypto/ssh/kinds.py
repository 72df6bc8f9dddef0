"""Every kind of key that may sign events: Ed25519, ECDSA, RSA, and those of hardware keys (`sk-`).

Formats: RFC 4253 (RSA), RFC 5656 (ECDSA), RFC 8332 (RSA with SHA-2), RFC 8709 (Ed25519), and
PROTOCOL.u2f of the OpenSSH sources. There is one spelling of each part: numbers have no needless
zeros, points are not compressed, and nothing follows the end.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tetra_es.crypto.ssh.wire import first, unpack
from tetra_es.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    Verifier: TypeAlias = Callable[[bytes, bytes], None]

SMALLEST_RSA: Final = 2048
LARGEST_RSA: Final = 16384
"""Bits of the modulus; OpenSSH makes none that is larger."""

_TOUCHED: Final = 0x01
"""The flag of a hardware key that says that somebody touched it."""
_TRAILER: Final = 5
"""Bytes of a hardware key's flags and counter."""


def check(key: bytes, signature: bytes, data: bytes) -> None:
    """Check a signature over `data` by a public key, both in wire format.

    Raises `InvalidSignature` where it is another's or over something else, `ValueError` where one
    of them is malformed or of a kind that is not known.
    """
    _load(key)(signature, data)


def parse_public_line(line: str) -> bytes:
    """Return the wire format of a `.pub` line of any kind; a comment after the key is ignored.

    Raises `UsageError` when it is not a public key that could sign events.
    """
    try:
        kind, encoded = line.split()[:2]
        blob = base64.b64decode(encoded, validate=True)
        if kind.encode() != first(blob):
            raise ValueError("another type of key")
        _load(blob)
    except ValueError as error:
        raise UsageError(
            "not a public key that can sign events: Ed25519, ECDSA, RSA of 2048 bits or more, or "
            "one of a hardware key",
            hint="give the line of a .pub file of OpenSSH",
        ) from error
    return blob


@lru_cache(maxsize=64)
def _load(key: bytes) -> Verifier:
    """Return what checks signatures by a key. Raises `ValueError`."""
    loader = _KINDS.get(first(key))
    if loader is None:
        raise ValueError("a key of a kind that cannot sign events")
    return loader(key)


def _ed25519(key: bytes) -> Verifier:
    kind, point = unpack(key, 2)
    verify = _ed25519_point(point)
    return lambda signature, data: verify(_raw(signature, kind), data)


def _ed25519_point(point: bytes) -> Verifier:
    return Ed25519PublicKey.from_public_bytes(point).verify


def _ecdsa(key: bytes) -> Verifier:
    kind, curve, point = unpack(key, 3)
    if kind != b"ecdsa-sha2-" + curve:
        raise ValueError("a curve that is not the one of its kind")
    verify = _ecdsa_point(curve, point)
    return lambda signature, data: verify(_raw(signature, kind), data)


def _ecdsa_point(curve: bytes, point: bytes) -> Verifier:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    curves: dict[bytes, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
        b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
        b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
        b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
    }
    on_curve, hashing = curves[curve]
    if point[:1] != b"\x04":
        raise ValueError("not an uncompressed point")
    public = ec.EllipticCurvePublicKey.from_encoded_point(on_curve, point)

    def verify(raw: bytes, data: bytes) -> None:
        r, s = map(_number, unpack(raw, 2))
        public.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashing))

    return verify


def _rsa(key: bytes) -> Verifier:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    exponent, modulus = map(_number, unpack(key, 3)[1:])
    if not SMALLEST_RSA <= modulus.bit_length() <= LARGEST_RSA:
        raise ValueError(f"an RSA key has {SMALLEST_RSA} to {LARGEST_RSA} bits")
    public = RSAPublicNumbers(exponent, modulus).public_key()

    def verify(signature: bytes, data: bytes) -> None:
        kind, raw = unpack(signature, 2)
        hashing = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}.get(kind)
        if hashing is None or len(raw) != len(_bytes_of(modulus)):
            raise ValueError("not a signature of RSA with SHA-2")
        public.verify(raw, data, padding.PKCS1v15(), hashing)

    return verify


def _hardware_ed25519(key: bytes) -> Verifier:
    kind, point, application = unpack(key, 3)
    return _of_hardware(kind, application, _ed25519_point(point))


def _hardware_ecdsa(key: bytes) -> Verifier:
    kind, curve, point, application = unpack(key, 4)
    if curve != b"nistp256":
        raise ValueError("a curve that is not the one of its kind")
    return _of_hardware(kind, application, _ecdsa_point(curve, point))


def _of_hardware(kind: bytes, application: bytes, verify: Verifier) -> Verifier:
    """Return the check of what a hardware key signs in the place of the data."""

    def verify_touched(signature: bytes, data: bytes) -> None:
        bare, trailer = signature[:-_TRAILER], signature[-_TRAILER:]
        raw = _raw(bare, kind)
        if not trailer[0] & _TOUCHED:
            raise ValueError("a hardware key that nobody touched")
        verify(raw, sha256(application).digest() + trailer + sha256(data).digest())

    return verify_touched


def _raw(signature: bytes, kind: bytes) -> bytes:
    named, raw = unpack(signature, 2)
    if named != kind:
        raise ValueError("a signature of another kind of key")
    return raw


def _number(data: bytes) -> int:
    """Return a positive number (`mpint`) that has no needless bytes."""
    number = int.from_bytes(data, "big")
    if not number or data != _bytes_of(number, sign=True):
        raise ValueError("not a positive number")
    return number


def _bytes_of(number: int, *, sign: bool = False) -> bytes:
    """Return a number in as few bytes as it needs, with room for its sign."""
    return number.to_bytes((number.bit_length() + 7 + sign) // 8, "big")


_KINDS: Final[Mapping[bytes, Callable[[bytes], Verifier]]] = {
    b"ssh-ed25519": _ed25519,
    b"ecdsa-sha2-nistp256": _ecdsa,
    b"ecdsa-sha2-nistp384": _ecdsa,
    b"ecdsa-sha2-nistp521": _ecdsa,
    b"ssh-rsa": _rsa,
    b"sk-ssh-ed25519@openssh.com": _hardware_ed25519,
    b"sk-ecdsa-sha2-nistp256@openssh.com": _hardware_ecdsa,
}
"""Name of a kind of key to its loader."""
