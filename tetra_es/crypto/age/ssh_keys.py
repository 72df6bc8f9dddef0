"""OpenSSH private keys as age identities: unlocked here, since the age library wants them open."""

from __future__ import annotations

import base64
from shlex import quote
from typing import TYPE_CHECKING

from tetra_es.crypto.ssh.wire import pack
from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.serialization import SSHPrivateKeyTypes

    from tetra_es.crypto.age.recipients import Kind

BEGIN = b"-----BEGIN OPENSSH PRIVATE KEY-----"
"""How such a file begins."""

_MAGIC = b"openssh-key-v1\0"


class NeedsPassphrase(TetraEsError):
    """The SSH key is encrypted, and nobody was asked for its passphrase."""


def unlock(data: bytes, path: Path, passphrase: Callable[[], str] | None) -> tuple[Kind, bytes]:
    """Return the kind and the unencrypted OpenSSH form of the private key `data`, read from `path`.

    `passphrase` is called only when the key is encrypted. Raises `NeedsPassphrase` then if it is
    None, and `TetraEsError` when the key cannot be opened or is of a type that age does not know.
    """
    password = None
    if _is_encrypted(data):
        if passphrase is None:
            raise NeedsPassphrase(
                f"the SSH key {path} has a passphrase",
                hint="run this on a terminal, or use an age identity, which has none",
            )
        password = passphrase().encode()
    key = _load(data, password)
    if password is not None and key in {ValueError, TypeError}:
        raise TetraEsError(
            f"the passphrase does not open the SSH key {path}",
            hint=f"`ssh-keygen -y -f {quote(str(path))}` tells whether it is the right one",
        )
    if isinstance(key, type):
        raise TetraEsError(
            f"the SSH key {path} cannot be read",
            hint=f"`ssh-keygen -p -f {quote(str(path))}` writes it again as others read it",
        )
    return _kind(key, path), _without_encryption(key)


def public_line(data: bytes) -> str:
    """Return the line of the `.pub` file that belongs to the unencrypted private key `data`."""
    from cryptography.hazmat.primitives import serialization

    return (
        serialization.load_ssh_private_key(data, None)
        .public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )


def _is_encrypted(data: bytes) -> bool:
    """Tell by the name of the cipher, the first field after the magic (PROTOCOL.key, OpenSSH)."""
    try:
        blob = base64.b64decode(b"".join(data.split()[4:-4]))
    except ValueError:
        return False
    return blob.startswith(_MAGIC) and not blob.startswith(_MAGIC + pack(b"none"))


def _load(data: bytes, password: bytes | None) -> SSHPrivateKeyTypes | type[Exception]:
    """Return the key, or the type of what went wrong: the error itself could quote the file."""
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        return load_ssh_private_key(data, password)
    except Exception as error:  # the library raises several unrelated types here
        return type(error)


def _kind(key: SSHPrivateKeyTypes, path: Path) -> Kind:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(key, Ed25519PrivateKey):
        return "ssh-ed25519"
    if isinstance(key, RSAPrivateKey):
        return "ssh-rsa"
    raise TetraEsError(
        f"the SSH key {path} is of a type that age does not know",
        hint="use an ssh-ed25519 or ssh-rsa key, or an age identity",
    )


def _without_encryption(key: SSHPrivateKeyTypes) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
