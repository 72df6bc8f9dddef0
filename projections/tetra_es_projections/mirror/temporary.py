"""Folders for a while: held while they are used, and removed where a killed command left them.

They have events and texts, which a later purge has to reach; nothing else would remove them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS: Final = ("clone", "fetched", "git", "merge")
_NEW: Final = "tetra-es-new-"
"""Of a folder that is not held yet."""
_STALE: Final = 3600.0
"""Seconds after which what is in the folder for everybody's temporary files has been left there."""
_PREFIXES: Final = tuple(f"tetra-es-{kind}-" for kind in _KINDS)


class Held(NamedTuple):
    """A folder, and what holds it: as long as that is open, it is in use."""

    root: Path
    file: int | None
    """None where the file system holds no folders; it stays when a command is killed."""

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.root, ignore_errors=True)
        if self.file is not None:
            os.close(self.file)


def held(kind: str, base: Path | None = None) -> Held:
    """Make a folder, in `base` or where temporary files are; remove those that were left in both.

    Raises `OSError` where there is no room.
    """
    remove_left(Path(tempfile.gettempdir()), _STALE)
    if base is not None:
        remove_left(base, 0.0)
    new = Path(tempfile.mkdtemp(prefix=_NEW, dir=base))  # 0700
    try:
        file = _hold(new)
    except OSError:  # as on some network file systems
        file = None
    # Only now others look at it, and see that it is held.
    return Held(new.rename(new.with_name(f"tetra-es-{kind}-{new.name.removeprefix(_NEW)}")), file)


@contextmanager
def folder_for(kind: str) -> Iterator[Path]:
    """Yield a folder that is gone afterwards. Raises `OSError`."""
    folder = held(kind)
    try:
        yield folder.root
    finally:
        folder.remove()


def remove_left(base: Path, age: float) -> None:
    """Remove our folders in `base` that no process holds any more and that are `age` seconds old.

    Older versions of this program hold none of theirs.
    """
    with suppress(OSError), os.scandir(base) as entries:
        for entry in entries:
            if not entry.name.startswith((*_PREFIXES, _NEW)):
                continue
            least = _STALE if entry.name.startswith(_NEW) else age
            with suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                if found.st_uid == os.geteuid() and time.time() - found.st_mtime >= least:
                    Held(Path(entry.path), _hold(Path(entry.path))).remove()


def _hold(folder: Path) -> int:
    """Return an open file that holds a folder. Raises `OSError` where another one does."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(file), folder.lstat()):
            raise FileNotFoundError(folder)
    except OSError:
        os.close(file)
        raise
    return file
