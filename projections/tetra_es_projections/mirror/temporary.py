"""Folders for a while: held while they are used, and removed where a killed command left them.

They have events and texts, which a later purge has to reach; nothing else would remove them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS: Final = ("clone", "fetched", "git", "merge")
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
    """Make a folder, in `base` or where temporary files are; remove those that were left there.

    Raises `OSError` where there is no room.
    """
    remove_left(base or Path(tempfile.gettempdir()))
    root = Path(tempfile.mkdtemp(prefix=f"tetra-es-{kind}-", dir=base))  # 0700
    with suppress(OSError):
        return Held(root, _hold(root))
    root.mkdir(mode=0o700, exist_ok=True)  # another command took it for one that was left
    with suppress(OSError):
        return Held(root, _hold(root))
    return Held(root, None)


@contextmanager
def folder_for(kind: str) -> Iterator[Path]:
    """Yield a folder that is gone afterwards. Raises `OSError`."""
    folder = held(kind)
    try:
        yield folder.root
    finally:
        folder.remove()


def remove_left(base: Path) -> None:
    """Remove our folders in `base` that no process holds any more."""
    with suppress(OSError), os.scandir(base) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIXES):
                continue
            with suppress(OSError):
                if entry.stat(follow_symlinks=False).st_uid == os.geteuid():
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
