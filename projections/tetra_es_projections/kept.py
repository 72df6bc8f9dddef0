"""The folder `kept/`: what people left where only generated files belong is moved there."""

from __future__ import annotations

import errno
import os
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.layout import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterator


def make_kept(root: Path) -> Path:
    """Make the folder in that of an organization; a repository around it ignores it.

    Raises `OSError`.
    """
    kept = root / KEPT
    if kept.is_symlink():
        raise OSError(errno.ELOOP, "is a link", str(kept))
    kept.mkdir(mode=0o700, exist_ok=True)
    ignore = kept / ".gitignore"
    if not os.path.lexists(ignore):
        ignore.write_text("*\n")
    return kept


def keep(root: Path, path: str, position: int) -> str:
    """Move what is at a path below `root` to `kept/`; return where it is now, below `root`.

    `position` is that of the newest event, which the name says. Nothing that is there is replaced.
    Raises `OSError`.
    """
    make_kept(root)
    first = f"{KEPT}/{path}.at-{position}"
    place = next(name for name in _numbered(first) if not os.path.lexists(root / name))
    _make_folders(root, Path(place).parent)
    (root / path).rename(root / place)
    return place


def _make_folders(root: Path, below: Path) -> None:
    """Make folders in `kept/`, none of which may be a link."""
    folder = root
    for name in below.parts:
        folder /= name
        if folder.is_symlink():
            raise OSError(errno.ELOOP, "is a link", str(folder))
        folder.mkdir(mode=0o700, exist_ok=True)


def _numbered(first: str) -> Iterator[str]:
    return chain([first], (f"{first}-{number}" for number in count(2)))
