"""Recipients: the public keys that secrets are encrypted to, in the spellings that age accepts."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NoReturn

from tetra_es.crypto.age import bech32
from tetra_es.crypto.ssh.wire import unpack
from tetra_es.errors import UsageError

Kind = Literal["x25519", "ssh-ed25519", "ssh-rsa"]

_POINT = 32  # bytes of a public key on Curve25519, in either of its shapes
_PRIME = 2**255 - 19
_RSA_BITS = range(2048, 4096 + 1)  # age refuses shorter moduli, the age library longer ones
_QUOTED = 20  # characters of a public key that a message shows
_HINT = "give an age1… recipient, or the line of an id_ed25519.pub or id_rsa.pub file"


@dataclass(frozen=True)
class Recipient:
    """A public key. `text` is its only spelling here: without comment, options or whitespace."""

    kind: Kind
    text: str

    @property
    def short_id(self) -> str:
        """A name for listings: `age1…` shortened, or the fingerprint that ssh-keygen prints.

        Not for comparing keys: two age recipients can be made that look alike when shortened.
        """
        if self.kind == "x25519":
            return f"{self.text[:12]}…{self.text[-6:]}"
        from hashlib import sha256

        digest = sha256(base64.b64decode(self.text.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


@lru_cache(maxsize=1024)
def parse_recipient(line: str) -> Recipient:
    """Return the recipient that `line` spells; spaces around it and an SSH comment are dropped.

    Raises `UsageError`, which never quotes what could be a private key. Whether an ssh-ed25519
    key is a point of its curve shows only when something is encrypted to it.
    """
    text = line.strip()
    if "SECRET-KEY" in text.upper() or "PRIVATE KEY" in text.upper():
        _refuse(
            "that is a private key, not a recipient",
            hint="give its public half: `tetra-es identity show -i FILE` prints it; "
            "replace the private key if others may have seen it",
        )
    if not text.isprintable() or not text:
        _refuse("a recipient is one line of text", hint=_HINT)
    kind = text.split()[0]
    if kind == "ssh-ed25519":
        return _ssh_ed25519(text)
    if kind == "ssh-rsa":
        return _ssh_rsa(text)
    if kind.startswith("age1"):
        return _x25519(text)
    if kind.startswith(("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")):
        _refuse(
            f"age cannot encrypt to SSH keys of the type {kind[:40]}",
            hint="use an ssh-ed25519 or ssh-rsa key, or an age1… recipient",
        )
    return _refuse("not an age or SSH public key", hint=_HINT)


def _x25519(text: str) -> Recipient:
    shown = f"{text[:_QUOTED]}…"
    try:
        prefix, point = bech32.decode(text)
    except ValueError as error:
        _refuse(f"not an age recipient: {shown} has {error}", hint=_HINT)
    if prefix != "age":
        _refuse(
            f"not a recipient of the kinds x25519, ssh-ed25519 and ssh-rsa: {shown}",
            hint="plugins and post-quantum keys cannot be used; age-keygen makes one that can",
        )
    if len(point) != _POINT or int.from_bytes(point, "little") >= _PRIME or _is_weak(point):
        _refuse(f"not an age recipient: {shown} is not a public key", hint=_HINT)
    return Recipient("x25519", text)


def _ssh_ed25519(text: str) -> Recipient:
    parts, canonical = _ssh_parts(text, 2)
    # The top bit is the sign of x; a key with the same y on the other curve decides weakness.
    y = int.from_bytes(parts[1], "little") & ~(1 << 255)
    if len(parts[1]) != _POINT or y >= _PRIME or _is_weak(_montgomery(y)):
        _refuse(f"not a usable SSH key: {canonical[:_QUOTED]}…", hint=_HINT)
    return Recipient("ssh-ed25519", canonical)


def _ssh_rsa(text: str) -> Recipient:
    parts, canonical = _ssh_parts(text, 3)
    exponent, modulus = (int.from_bytes(part, "big") for part in parts[1:])
    if [parts[1], parts[2]] != [_mpint(exponent), _mpint(modulus)]:
        _refuse(f"not an RSA public key: {canonical[:_QUOTED]}…", hint=_HINT)
    if modulus.bit_length() not in _RSA_BITS:
        _refuse(
            f"RSA keys must have 2048 to 4096 bits, this one has {modulus.bit_length()}",
            hint="use an ssh-ed25519 key, or an age1… recipient",
        )
    if exponent < 3 or not exponent & modulus & 1:
        _refuse(f"not an RSA public key: {canonical[:_QUOTED]}…", hint=_HINT)
    return Recipient("ssh-rsa", canonical)


def _ssh_parts(text: str, count: int) -> tuple[list[bytes], str]:
    """Return the strings of an SSH public key line, and the line without its comment."""
    kind, encoded = [*text.split(), ""][:2]
    try:
        blob = base64.b64decode(encoded, validate=True)
        parts = unpack(blob, count)
    except ValueError:
        parts, blob = [b""], b""
    if parts[0] != kind.encode() or base64.b64encode(blob) != encoded.encode():
        _refuse(f"not an SSH public key: {text[:_QUOTED]}…", hint=_HINT)
    return parts, f"{kind} {encoded}"


def _mpint(number: int) -> bytes:
    """Return a positive number as SSH writes it, in the only way (RFC 4251 section 5)."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _is_weak(point: bytes) -> bool:
    """Tell whether what is encrypted to `point` could be read by anyone (RFC 7748 section 6.1)."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import (
        X25519PrivateKey,
        X25519PublicKey,
    )

    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError:  # the shared secret is all zero, whatever the private key
        return True
    return False


def _montgomery(y: int) -> bytes:
    """Return the u coordinate of an Edwards point, as age does with ssh-ed25519 (RFC 7748, 4.1)."""
    u = (1 + y) * pow(1 - y, _PRIME - 2, _PRIME) % _PRIME
    return u.to_bytes(_POINT, "little")


def _refuse(message: str, *, hint: str) -> NoReturn:
    raise UsageError(message, hint=hint) from None
