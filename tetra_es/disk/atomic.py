"""Files that are whole or not there: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from tetra_es.disk.batch import write_all
from tetra_es.disk.folders import make_folder
from tetra_es.disk.regular_files import REBUILD, follow, read
from tetra_es.disk.syncing import sync, sync_folder

__all__ = [
    "NOT_A_FILE",
    "create",
    "digest",
    "digest_through",
    "remove",
    "sync",
    "sync_folder",
    "write",
    "write_through",
]

NOT_A_FILE = "not a file"
"""Stands for the digest of a link, a folder and so on."""


def write(path: Path, data: bytes) -> None:
    """Replace the file at `path` with `data`. Raises `TetraEsError`; the old file then stays.

    It keeps its mode. A link in its place is replaced, and what it leads to left alone.
    """
    write_all({path: data})


def create(path: Path, data: bytes) -> None:
    """Write a file (0600) that must not exist yet, and the folders (0700) that are missing.

    Raises `FileExistsError`, and other `OSError`s.
    """
    with suppress(FileExistsError):  # in the way of a folder: what follows says so
        make_folder(path.parent)
    import tempfile  # few make a file that way

    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)  # which replaces nothing
    finally:
        Path(name).unlink()
    sync_folder(path.parent)


def write_through(path: Path, data: bytes) -> None:
    """Do the same where the links at `path` lead. Raises `TetraEsError` where no file is."""
    write(follow(path, then=REBUILD), data)


def remove(path: Path) -> None:
    """Remove the file at `path`, if it is there. Raises `TetraEsError`."""
    write_all({path: None})


def digest(path: Path) -> str | None:
    """Return the SHA-256 of the file at `path`, hexadecimal, None where there is none.

    `NOT_A_FILE` where something else is, such as a link, which is not followed.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return NOT_A_FILE
    except FileNotFoundError:
        return None
    return _sha256(read(path))


def digest_through(path: Path) -> str | None:
    """Do the same where the links at `path` lead. Raises `TetraEsError` where no file is."""
    return _sha256(read(path, then=REBUILD))


def _sha256(data: bytes | None) -> str | None:
    return None if data is None else sha256(data).hexdigest()
