"""Waiting until the disk has what was written: a file, a folder, or a whole file system."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TELLS_ERRORS: Final = (5, 8)
"""The first Linux whose `syncfs` tells that something could not be written."""


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


@cache
def whole_file_system() -> Callable[[int], None] | None:
    """Return what makes all of a file system durable, given a descriptor of a folder on it.

    None where the system cannot, or would keep an error to itself. The function raises
    `OSError`, also for what failed since the descriptor was opened.
    """
    system = os.uname()
    release = tuple(int(number) for number in re.findall(r"\d+", system.release)[:2])
    if system.sysname != "Linux" or release < _TELLS_ERRORS:
        return None
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        return None

    def syncfs(descriptor: int) -> None:
        if call(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return syncfs
