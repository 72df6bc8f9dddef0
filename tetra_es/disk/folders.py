"""Folders of the user alone (0700), whatever the umask; those that are there stay as they are."""

from __future__ import annotations

import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tetra_es.disk.syncing import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MODE: Final = 0o700


def make_folder(path: Path) -> list[Path]:
    """Make a folder and those above it that are missing; return what was made, the first on top.

    Raises `OSError`, and then nothing is left.
    """
    missing = []
    folder = path
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    made: list[Path] = []
    try:
        for each in reversed(missing):
            _make(each, made)
    except OSError:
        remove_empty(made)
        raise
    return made


def remove_empty(made: Iterable[Path]) -> None:
    """Remove folders that `make_folder` made, as far as nothing is in them."""
    for folder in reversed(list(made)):
        with suppress(OSError):
            folder.rmdir()


def _make(folder: Path, made: list[Path]) -> None:
    try:
        folder.mkdir(mode=_MODE)
    except FileExistsError:
        if folder.is_dir():  # another process was faster
            return
        raise
    made.append(folder)
    if folder.stat().st_mode & (stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO) != _MODE:
        folder.chmod(_MODE)
    sync_folder(folder.parent)
