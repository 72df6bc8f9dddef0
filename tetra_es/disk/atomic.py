"""Files that are whole or not there: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from tetra_es.disk.regular_files import REBUILD, follow, read
from tetra_es.errors import TetraEsError

_PARTIAL = ".partial"

NOT_A_FILE = "not a file"
"""Stands for the digest of a link, a folder and so on."""


def write(path: Path, data: bytes) -> None:
    """Replace the file at `path` with `data`. Raises `TetraEsError`; the old file then stays.

    It keeps its mode. A link in its place is replaced, and what it leads to left alone. The
    temporary file has a fixed name, so that the next try replaces what a killed one left.
    """
    partial = path.with_name(f".{path.name}{_PARTIAL}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        old = path.lstat() if path.exists() and not path.is_symlink() else None
        # What the old file kept from others must not be open to them meanwhile.
        mode = 0o600 if old else 0o666
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(partial, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            if old:
                _make_alike(path, old, partial)
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        partial.unlink(missing_ok=True) if partial.parent.is_dir() else None
        raise TetraEsError(
            f"cannot write {path}: {error.strerror}",
            hint="check the space and the permissions there, then run any command again",
        ) from error


def create(path: Path, data: bytes) -> None:
    """Write a file (0600) that must not exist yet, and the folders (0700) that are missing.

    Raises `FileExistsError`, and other `OSError`s.
    """
    with suppress(FileExistsError):  # in the way of a folder: what follows says so
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def _make_alike(path: Path, old: os.stat_result, new: Path) -> None:
    """Give a new file owner, mode and access rights of the one that it will replace."""
    shared = True
    if (old.st_uid, old.st_gid) != (new.stat().st_uid, new.stat().st_gid):
        try:
            os.chown(new, old.st_uid if os.geteuid() == 0 else -1, old.st_gid)
        except PermissionError:
            shared = False
    shutil.copystat(path, new)
    if not shared:  # what was open to a group is not open to another one
        new.chmod(stat.S_IMODE(old.st_mode) & ~stat.S_IRWXG)
    os.utime(new)


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
    sync(path, os.O_DIRECTORY)


def sync(path: str | Path, flags: int = 0) -> None:
    """Make what is in a file or folder durable. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
