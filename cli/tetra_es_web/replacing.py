"""A folder that is written beside another one, and takes its place at once when it is whole."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from filecmp import cmp
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tetra_es.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK: Final = "tetra-es-site.txt"
"""The file that says that a folder is a site, and which files are of it."""
_TITLE: Final = "Pages of tetra-es. The next `audit site` into this folder replaces these files:"
_ASIDE: Final = ".old.partial"
_HERE: Final = -100
"""AT_FDCWD: paths are as everywhere."""
_EXCHANGE: Final = 2
"""RENAME_EXCHANGE of renameat2(2)."""


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Yield a new folder for files; at the end it is in the place of `folder`, which is a site.

    Until then, `folder` is as it was, whatever ends this process. Files in it that are not of the
    site are there afterwards, too. Raises `Refused` for a folder that is not a site, and where one
    of its files stands in the way of a new one; `OSError`.
    """
    folder = Path(os.path.realpath(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    _require_site(folder)
    for left in folder.parent.glob(f".{_escaped(folder.name)}.*.partial"):
        _discard_left(left, folder)
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.partial")
    new.mkdir()
    locked, swapped = os.open(new, os.O_RDONLY | os.O_DIRECTORY), False
    try:
        with suppress(OSError):  # on a file system without locks
            fcntl.flock(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (new / MARK).write_text(f"{_TITLE}\n", "utf-8")
        yield new
        _carry_over(folder, new)
        if folder.exists():
            new.chmod(folder.stat().st_mode & 0o7777)
        _swap(new, folder)
        swapped = True
    finally:
        if not swapped:
            shutil.rmtree(new, ignore_errors=True)
        os.close(locked)
    if new.exists():
        _discard(new, folder)


def _escaped(name: str) -> str:
    """Return a name as a pattern that stands for it alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _require_site(folder: Path) -> None:
    mark = folder / MARK
    is_site = mark.is_file() and not mark.is_symlink()
    if folder.exists() and any(folder.iterdir()) and not is_site:
        raise Refused(
            f"{folder} is not empty, and not a site of tetra-es",
            hint="name a new folder, or remove what is in it",
        )


def _listed(folder: Path) -> set[str] | None:
    """Return the files that are of a site, None where it is not whole, or none."""
    with suppress(OSError, UnicodeDecodeError):
        title, *paths = (folder / MARK).read_text("utf-8").splitlines()
        if title == _TITLE and paths:
            return {*paths, MARK}
    return None


def _entries(folder: Path) -> Iterator[str]:
    """Yield the paths of what is in a folder; of a folder in it, only where that is empty."""
    for above, folders, files in os.walk(folder):
        below = [name for name in folders if Path(above, name).is_symlink()]
        if not folders and not files and Path(above) != folder:
            yield os.path.relpath(above, folder)
        for name in files + below:
            yield os.path.relpath(Path(above, name), folder)


def _carry_over(folder: Path, new: Path) -> None:
    """Give the new folder what is in the old one and not of the site; then say that it is whole."""
    own = sorted(_entries(new))
    old = _listed(folder) or set()
    for path in sorted(_entries(folder)) if folder.exists() else ():
        if path in old:
            continue
        if path in own or any(one.startswith(f"{path}/") for one in own):
            raise Refused(
                f"{folder / path} is in the place of a page, and not of this site",
                hint="move it to another place, or name a new folder",
            )
        (new / path).parent.mkdir(parents=True, exist_ok=True)
        _link(folder / path, new / path)
    whole = new / f"{MARK}.partial"
    whole.write_text("".join(f"{line}\n" for line in (_TITLE, *own)), "utf-8")
    whole.replace(new / MARK)


def _link(old: Path, new: Path) -> None:
    """Have a file under another name as well."""
    if old.is_dir() and not old.is_symlink():
        new.mkdir()
        return
    try:
        os.link(old, new, follow_symlinks=False)
    except PermissionError:  # somebody else's, where the system does not allow that
        shutil.copy2(old, new, follow_symlinks=False)


def _swap(new: Path, folder: Path) -> None:
    """Give each of two folders the name of the other; where there is no second one, rename."""
    if not folder.exists():
        new.rename(folder)
        return
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is not None:
        if not call(_HERE, os.fsencode(new), _HERE, os.fsencode(folder), _EXCHANGE):
            return
        number = ctypes.get_errno()
        if number not in {errno.ENOSYS, errno.EINVAL}:
            raise OSError(number, os.strerror(number), str(folder))
    aside = new.with_suffix(_ASIDE)  # not at once, where the file system cannot
    folder.rename(aside)
    try:
        new.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    aside.rename(new)


def _discard_left(left: Path, folder: Path) -> None:
    """Remove what a process left that was killed, unless one is still at it."""
    try:
        locked = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # not a folder, or not ours
        return
    try:
        fcntl.flock(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not (left / MARK).is_file():
            left.rmdir()  # where it is empty: all else was removed
        elif left.name.endswith(_ASIDE) and not folder.exists():
            left.rename(folder)
        elif _listed(left) is None:
            shutil.rmtree(left)
        else:
            _discard(left, folder)
    except OSError:
        return
    finally:
        os.close(locked)


def _discard(old: Path, folder: Path) -> None:
    """Remove an old site, but for files that are not of it and not in the new one either."""
    own = _listed(old) or set()
    for path in [*_entries(old)]:
        if path != MARK and (path in own or _is_same(old / path, folder / path)):
            (old / path).unlink()
    for above, _, _ in os.walk(old, topdown=False):
        if Path(above) != old:
            with suppress(OSError):  # something is in it
                Path(above).rmdir()
    if [path.name for path in old.iterdir()] == [MARK]:
        (old / MARK).unlink()
        old.rmdir()


def _is_same(old: Path, new: Path) -> bool:
    """Return whether a file is there under the other name as well, or a copy of it."""
    if (old.is_dir() and not old.is_symlink()) or not os.path.lexists(new):
        return False
    if os.path.samestat(old.lstat(), new.lstat()):
        return True
    both = (old, new)
    return all(one.is_file() and not one.is_symlink() for one in both) and cmp(*both, shallow=False)
