"""Signing keys: Ed25519 in OpenSSH's own file formats, so that ssh-keygen can read them too."""

from __future__ import annotations

import base64
import os
import shlex
import stat
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tetra_es.crypto.ssh.openssh_key import seed_and_point
from tetra_es.crypto.ssh.wire import first, pack, unpack
from tetra_es.disk import atomic
from tetra_es.errors import Refused, TetraEsError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_TYPE = b"ssh-ed25519"
_POINT_SIZE = 32


class SigningKey:
    """A private key in memory."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.private = private

    @cached_property
    def blob(self) -> bytes:
        """The public key in SSH wire format."""
        return pack(_TYPE, self.private.public_key().public_bytes_raw())

    @property
    def public_line(self) -> str:
        """The public key as in a `.pub` file, without a comment."""
        return public_line(self.blob)


def public_line(blob: bytes) -> str:
    """Return a public key of wire format as in a `.pub` file, without a comment."""
    return f"{first(blob).decode()} {base64.b64encode(blob).decode()}"


def parse_public_line(line: str) -> bytes:
    """Return the wire format of a `.pub` line; a comment after the key is ignored.

    Raises `UsageError` when it is not an Ed25519 public key.
    """
    try:
        kind, encoded = line.split()[:2]
        blob = base64.b64decode(encoded, validate=True)
        inner, point = unpack(blob, 2)
        if not (kind.encode() == inner == _TYPE and len(point) == _POINT_SIZE):
            raise ValueError("another type of key")
    except ValueError as error:
        raise UsageError(
            "not an Ed25519 public key",
            hint="give the line of an id_ed25519.pub file",
        ) from error
    return blob


def fingerprint(blob: bytes) -> str:
    """Return the key's fingerprint as ssh-keygen prints it, `SHA256:…`."""
    from hashlib import sha256

    return "SHA256:" + base64.b64encode(sha256(blob).digest()).decode().rstrip("=")


def load(path: Path) -> SigningKey:
    """Return the key in the OpenSSH private key file at `path`.

    Raises `TetraEsError` when it is missing or not a usable Ed25519 key, `Refused` when others
    could read it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read()
    except FileNotFoundError:
        raise TetraEsError(
            f"no signing key at {path}",
            hint="`tetra-es identity line` makes one, and prints what a signer needs to add you",
        ) from None
    except OSError as error:
        raise TetraEsError(f"cannot read the signing key {path}: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Refused(
            f"the signing key {path} is open to others",
            hint=f"`chmod 600 {shlex.quote(str(path))}` closes it",
        )
    return _plain(data) or _by_library(data, path)


def _plain(data: bytes) -> SigningKey | None:
    """Return the key in a file such as `create` writes, None for all others."""
    found = seed_and_point(data)
    if found is None:
        return None
    seed, point = found
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return SigningKey(private) if private.public_key().public_bytes_raw() == point else None


def _by_library(data: bytes, path: Path) -> SigningKey:
    """Return the key in a file of any kind, or say what is wrong with it."""
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        private = load_ssh_private_key(data, password=None)
    except Exception as error:
        # The library raises several unrelated types here; its texts could quote the file.
        if b"ENCRYPTED" in data or isinstance(error, TypeError) or "assword" in str(error):
            raise TetraEsError(
                f"the signing key {path} has a passphrase",
                hint=f"tetra-es signs with a key that has none: {_another(path)}",
            ) from None
        raise TetraEsError(
            f"the signing key {path} cannot be read: it is not an OpenSSH private key",
            hint=_another(path),
        ) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise TetraEsError(
            f"the signing key {path} is not an Ed25519 key",
            hint=_another(path),
        )
    return SigningKey(private)


def _another(path: Path) -> str:
    old = shlex.join(("mv", str(path), f"{path}.old"))
    return f"`{old}` moves it away, `tetra-es signer new` makes another; a signer then adds that"


def create(path: Path) -> SigningKey:
    """Make a key, write it to `path` (0600) and its public half to `path` + `.pub`.

    Raises `Refused` rather than overwrite a key, `TetraEsError` when it cannot be written.
    """
    from cryptography.hazmat.primitives import serialization

    private = Ed25519PrivateKey.generate()
    key = SigningKey(private)
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
