"""Identities: the private keys that open secrets, from the files that age and OpenSSH use."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from shlex import quote
from typing import TYPE_CHECKING

from tetra_es.crypto.age import backend, ssh_keys
from tetra_es.crypto.age.identity import Identity
from tetra_es.crypto.age.recipients import Recipient, parse_recipient
from tetra_es.disk import atomic
from tetra_es.errors import Refused, TetraEsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_PREFIX = "AGE-SECRET-KEY-1"
_SIZE_LIMIT = 1024 * 1024
_SHARED = stat.S_IRWXG | stat.S_IRWXO


def load_identities(path: Path, passphrase: Callable[[], str] | None = None) -> list[Identity]:
    """Return the identities in `path`: an age identity file or one OpenSSH private key.

    `passphrase` is called when that key is encrypted. Raises `Refused` when others could read
    the file, `ssh_keys.NeedsPassphrase`, and `TetraEsError` when it holds no usable identity.
    """
    data = _read(path)
    start = data.lstrip()
    if start.startswith(ssh_keys.BEGIN):
        return [Identity(*ssh_keys.unlock(data, path, passphrase))]
    if start.startswith((b"-----BEGIN AGE ", b"age-encryption.org/")):
        raise TetraEsError(
            f"the identity file {path} is itself encrypted with age",
            hint=f"decrypt it first: `(umask 077; age -d {quote(str(path))} > FILE)`",
        )
    if start.startswith(b"-----BEGIN "):
        raise TetraEsError(
            f"{path} is neither an age identity file nor an OpenSSH private key",
            hint=f"`ssh-keygen -p -f {quote(str(path))}` rewrites an older SSH key as OpenSSH's",
        )
    return _native(data, path)


def create_identity(path: Path) -> Recipient:
    """Make an x25519 identity, write it to `path` (0600) as age-keygen does, return its recipient.

    Folders that are missing are made (0700). Raises `Refused` rather than overwrite a file,
    `TetraEsError` when it cannot be written.
    """
    secret, recipient = backend.generate_x25519()
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"# created: {created}\n# public key: {recipient}\n{secret}\n"
    try:
        atomic.create(path, text.encode())
    except FileExistsError:
        what = f"{path} exists already"
        raise Refused(what, hint="move it away to make another identity") from None
    except OSError as error:
        raise TetraEsError(f"cannot write the identity {path}: {error.strerror}") from None
    return parse_recipient(recipient)


def recipient_of(identity: Identity) -> Recipient:
    """Return the public half of `identity`.

    Raises `UsageError` when nothing can be encrypted to it: an RSA key of an unusable size.
    """
    if identity.kind == "x25519":
        return parse_recipient(backend.x25519_recipient(identity.secret.decode()))
    return parse_recipient(ssh_keys.public_line(identity.secret))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise TetraEsError(
            f"no identity at {path}",
            hint="give the path of an age identity or of an SSH key",
        ) from None
    except OSError as error:
        raise TetraEsError(f"cannot read the identity {path}: {error.strerror}") from None
    if mode & _SHARED:
        raise Refused(
            f"the identity {path} is open to others",
            hint=f"`chmod 600 {quote(str(path))}` closes it",
        )
    if len(data) > _SIZE_LIMIT:
        raise TetraEsError(f"{path} is too large for an identity file")
    return data


def _native(data: bytes, path: Path) -> list[Identity]:
    """Read age-keygen's format: a key a line, comments with `#`, empty lines."""
    found = []
    for number, raw in enumerate(data.split(b"\n"), start=1):
        line = raw.strip().decode("utf-8", "replace")
        if not line or line.startswith("#"):
            continue
        if not (line.startswith(_PREFIX) and _is_identity(line)):
            raise TetraEsError(
                f"{path}:{number}: not an x25519 identity",
                hint=f"an identity begins with {_PREFIX}; plugins and post-quantum keys cannot "
                "be used",
            )
        found.append(Identity("x25519", line.encode()))
    if not found:
        raise TetraEsError(f"{path} holds no identity", hint=f"an identity begins with {_PREFIX}")
    return found


def _is_identity(line: str) -> bool:
    try:
        backend.x25519_recipient(line)
    except ValueError:
        return False
    return True
