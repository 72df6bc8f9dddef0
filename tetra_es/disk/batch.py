"""Files that are whole or not there, many at once: the disk has all of them before one is named.

Each is written to a temporary file, and all are renamed when those are on the disk. Many are waited
for together, a few one by one; a folder is waited for once.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

from tetra_es.disk.folders import make_folder
from tetra_es.disk.syncing import sync_folder, whole_file_system
from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

MANY: Final = 16
"""From so many files on, one wait for all that others write too is shorter than one for each."""

_PARTIAL: Final = ".partial"
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_all(files: Mapping[Path, bytes | None]) -> None:
    """Replace each file by its data, or remove it where that is None. Raises `TetraEsError`.

    Nothing was replaced or removed where the data of one could not be written; a process that is
    killed may leave some files as they were and others new, each of them whole. A file keeps its
    mode. A link in its place is replaced, and what it leads to left alone. Temporary files have
    fixed names, so that the next try replaces what a killed one left.
    """
    partials: dict[Path, Path] = {}
    path = None
    try:
        for path in _steps(files, partials):  # noqa: B007 - it is the one that an error is about
            pass
    except BaseException as error:
        for partial in partials.values():
            with suppress(OSError):
                partial.unlink()
        if not isinstance(error, OSError):
            raise
        removing = path is not None and files.get(path, b"") is None
        raise _failure(path, error, removing=removing) from error


def _steps(files: Mapping[Path, bytes | None], partials: dict[Path, Path]) -> Iterator[Path]:
    """Do it all; yield, before each step, the path that it is about."""
    yield from _stage_all(files, partials)
    for path, data in files.items():
        yield path
        if data is None:
            path.unlink(missing_ok=True)
        else:
            partials[path].replace(path)
        del partials[path]
    for path in {path.parent: None for path in files}:
        yield path
        if path.is_dir():
            sync_folder(path)


def _stage_all(files: Mapping[Path, bytes | None], partials: dict[Path, Path]) -> Iterator[Path]:
    """Write every temporary file; then the disk has them."""
    written = [path for path, data in files.items() if data is not None]
    for path in written:
        yield path
        make_folder(path.parent)
    with ExitStack() as stack:
        systems = _file_systems(written, stack) if len(written) >= MANY else []
        for path, data in files.items():
            yield path
            partials[path] = path.with_name(f".{path.name}{_PARTIAL}")
            _stage(path, partials[path], data, sync=not systems)
        for path, descriptor in systems:
            yield path
            _sync_all(descriptor)


def _file_systems(files: Iterable[Path], stack: ExitStack) -> list[tuple[Path, int]]:
    """Return a folder of each file system that files are on, and a descriptor of it.

    They are opened before anything is written, so that no error is missed. Empty where files have
    to be waited for one by one.
    """
    if whole_file_system() is None:
        return []
    found: dict[int, tuple[Path, int]] = {}
    for folder in {path.parent: None for path in files}:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, descriptor)
        found.setdefault(os.fstat(descriptor).st_dev, (folder, descriptor))
    return list(found.values())


def _sync_all(descriptor: int) -> None:
    syncfs = whole_file_system()
    if syncfs:
        syncfs(descriptor)


def _stage(path: Path, partial: Path, data: bytes | None, *, sync: bool) -> None:
    """Write the temporary file for `path`; for a file to remove, sweep up what is left of one."""
    if data is None:
        with suppress(FileNotFoundError, NotADirectoryError):
            partial.unlink()
        return
    partial.unlink(missing_ok=True)
    old = path.lstat() if path.exists() and not path.is_symlink() else None
    # What the old file kept from others must not be open to them meanwhile.
    with os.fdopen(os.open(partial, _NEW, 0o600 if old else 0o644), "wb") as file:
        file.write(data)
        file.flush()
        if old:
            _make_alike(path, old, partial)
        if sync:
            os.fsync(file.fileno())


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


def _failure(path: Path | None, error: OSError, *, removing: bool) -> TetraEsError:
    if removing:
        return TetraEsError(
            f"cannot remove {path}: {error.strerror}", hint="check the permissions there"
        )
    return TetraEsError(
        f"cannot write {path}: {error.strerror}",
        hint="check the space and the permissions there, then run any command again",
    )
