"""Files that are whole or not there: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from pathlib import Path

_PARTIAL = ".partial"


def write(path: Path, data: bytes) -> None:
    """Replace the file at `path` with `data`. Raises `TetraEsError`; the old file then stays.

    The temporary file has a fixed name, so that the next try replaces what a killed one left.
    """
    partial = path.with_name(f".{path.name}{_PARTIAL}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        partial.unlink(missing_ok=True) if partial.parent.is_dir() else None
        raise TetraEsError(
            f"cannot write {path}: {error.strerror}",
            hint="check the space and the permissions there, then run any command again",
        ) from error


def remove(path: Path) -> None:
    """Remove the file at `path`, if it is there. Raises `TetraEsError`."""
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)
    except OSError as error:
        raise TetraEsError(
            f"cannot remove {path}: {error.strerror}", hint="check the permissions there"
        ) from error


def sync_folder(path: Path) -> None:
    """Make renames in the folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> str | None:
    """Return the SHA-256 of the file at `path`, hexadecimal, None where there is none."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}", hint="check its permissions"
        ) from error
