"""Files that people left in a mirror which another one replaces: they are moved beside it.

Mirrors of the first edition had a work tree. In a bare repository people leave files among git's
own. What a commit holds with the same content is not moved.
"""

from __future__ import annotations

import os
import re
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tetra_es.layout import KEPT
from tetra_es_projections.kept import make_kept
from tetra_es_projections.mirror.failures import unusable
from tetra_es_projections.mirror.folder import has_work_tree
from tetra_es_projections.mirror.listing import read_file
from tetra_es_projections.mirror.objects import blob_digest

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from tetra_es_projections.mirror.git import Git

_OF_GIT: Final = re.compile(
    r"config(\.worktree|\.unreadable)?|description|hooks|info|objects|refs|branches|packed-refs|logs"
    r"|worktrees|modules|index|shallow|gc\.(log|pid)|rr-cache|lfs|[A-Z_]+"
    r"|tetra-es-.*|fast_import_crash_\d+|.*\.lock"
)
"""Names in a bare repository that are git's own, or ours."""

_LENGTH: Final = 40
"""Digits of an id."""


def keep_files(
    old: Path, new: Path, git: Git, *, gone: Container[str] = (), more: tuple[str, ...] = ()
) -> Path | None:
    """Move what no commit of the mirror `new` holds from `old` to `kept/`; return where that is.

    `gone` are the ids of contents that are to vanish, `more` files of `old` to move as well.
    None where nothing was moved. Killed at any time, the next call moves the rest. Raises
    `TetraEsError`.
    """
    try:
        names = [*_unknown(old, new, git, gone), *more]
        if not names:
            return None
        folder = _free_folder(old, names)
        make_kept(old.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        for name in names:
            (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (old / name).rename(folder / name)
    except OSError as error:
        raise unusable(old, error) from error
    return folder


def new_aside(path: Path, position: int) -> Path:
    """Return where a whole mirror can be kept, after the event at `position`."""
    first = path.parent / KEPT / f"{path.name}-at-{position}"
    names = chain([first], (Path(f"{first}-{number}") for number in count(2)))
    return next(name for name in names if not os.path.lexists(name))


def _free_folder(old: Path, names: list[str]) -> Path:
    """Return a folder below `kept/` that has none of these names, such as a killed command's."""
    first = old.parent / KEPT / old.name
    folders = chain([first], (Path(f"{first}-{number}") for number in count(2)))
    return next(
        folder for folder in folders if not any(os.path.lexists(folder / name) for name in names)
    )


def _unknown(old: Path, new: Path, git: Git, gone: Container[str]) -> list[str]:
    if not has_work_tree(old):
        return sorted(file.name for file in old.iterdir() if not _OF_GIT.fullmatch(file.name))
    found = dict(_in_work_tree(old))
    data = "".join(f"{identifier}\n" for identifier in set(found.values()) if identifier)
    lines = git.read(new, "cat-file", "--batch-check", data=data.encode()).decode().splitlines()
    stored = {line[:_LENGTH] for line in lines if line[_LENGTH:].startswith(" blob ")}
    return [
        path
        for path, identifier in found.items()
        if identifier is None or not (identifier in stored or identifier in gone)
    ]


def _in_work_tree(root: Path) -> Iterator[tuple[str, str | None]]:
    """Yield path and id of each file there, None for what cannot be read as one."""
    for path, entry in _walk(root, ""):
        try:
            yield path, blob_digest(read_file(entry.path)).hex()
        except OSError:  # also a link, or a file that nobody may read
            yield path, None


def _walk(root: Path, above: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(root / above if above else root) as entries:
        for entry in entries:
            path = f"{above}{entry.name}"
            if path == ".git":
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield path, entry
            elif os.path.lexists(os.path.join(entry.path, ".git")):  # noqa: PTH118, of many files
                yield path, entry  # another repository
            else:
                yield from _walk(root, f"{path}/")
