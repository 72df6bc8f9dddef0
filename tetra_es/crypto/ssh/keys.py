"""Signing keys: what signs events, and public keys as OpenSSH writes them."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tetra_es.crypto.ssh.wire import first, pack
from tetra_es.disk import atomic
from tetra_es.errors import Refused, TetraEsError

if TYPE_CHECKING:
    from pathlib import Path

_TYPE = b"ssh-ed25519"


class SigningKey(ABC):
    """A private key that signs, in memory or held by an agent."""

    asks = False
    """Whether a person may be asked for each signature: then a batch gets one."""

    def __init__(self, blob: bytes) -> None:
        self.blob = blob
        """The public key in SSH wire format."""

    @property
    def public_line(self) -> str:
        """The public key as in a `.pub` file, without a comment."""
        return public_line(self.blob)

    @abstractmethod
    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data` in wire format. Raises `TetraEsError`."""


class Ed25519Key(SigningKey):
    """An Ed25519 key in memory."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        super().__init__(pack(_TYPE, private.public_key().public_bytes_raw()))
        self.private = private

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data` in wire format."""
        return pack(_TYPE, self.private.sign(data))


def public_line(blob: bytes) -> str:
    """Return a public key of wire format as in a `.pub` file, without a comment."""
    return f"{first(blob).decode()} {base64.b64encode(blob).decode()}"


def fingerprint(blob: bytes) -> str:
    """Return the key's fingerprint as ssh-keygen prints it, `SHA256:…`."""
    from hashlib import sha256

    return "SHA256:" + base64.b64encode(sha256(blob).digest()).decode().rstrip("=")


NO_KEY: Final = "not a key"


def fingerprint_of_line(line: str) -> str:
    """Return the fingerprint of a signer's key as it was recorded, `not a key` where it is not one.

    A key that was recorded need not exist: the gate looks at its form, and at signatures.
    """
    try:
        return fingerprint(base64.b64decode(line.split()[1], validate=True))
    except (ValueError, IndexError):
        return NO_KEY


def create(path: Path) -> Ed25519Key:
    """Make a key, write it to `path` (0600) and its public half to `path` + `.pub`.

    Raises `Refused` rather than overwrite a key, `TetraEsError` when it cannot be written.
    """
    from cryptography.hazmat.primitives import serialization

    private = Ed25519PrivateKey.generate()
    key = Ed25519Key(private)
    data = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    try:
        atomic.create(path, data)
    except FileExistsError:
        raise Refused(f"{path} exists already", hint="move it away to make another key") from None
    except OSError as error:
        raise TetraEsError(f"cannot write the signing key {path}: {error.strerror}") from error
    atomic.write(path.with_name(f"{path.name}.pub"), f"{key.public_line}\n".encode())
    return key
