"""The repository itself: made so that no user's configuration matters, told from a foreign one."""

from __future__ import annotations

import stat
from contextlib import contextmanager
from shlex import join
from typing import TYPE_CHECKING, Final

from tetra_es.disk import atomic
from tetra_es.errors import Refused
from tetra_es_projections.mirror import configuration
from tetra_es_projections.mirror.failures import git_missing, unusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

MARKER: Final = "tetra-es-worktree"
"""File below `.git` that says what is checked out; a repository with it is a mirror of ours."""

_FILES: Final = ("HEAD", "config", "index", "packed-refs", "info/attributes")
_FOLDERS: Final = ("objects", "objects/info", "objects/pack", "refs", "refs/heads", "info")
"""What git would follow to another place if it were a link, or wait for if it were a pipe."""

_ELSEWHERE: Final = ("commondir", "objects/info/alternates")
"""Files below `.git` that make it a part of another repository."""


def create(path: Path, git: Git) -> None:
    """Make an empty mirror at `path`, whole or not at all: it appears by a rename.

    Raises `TetraEsError` when git is missing or the folder cannot be written.
    """
    import shutil  # for this alone

    partial = path.with_name(f".{path.name}.partial")
    try:
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir(mode=0o700, parents=True)
        git.init(partial)
        (partial / ".git" / "info").mkdir(exist_ok=True)
        kept = _kept_remotes(path)
        configuration.write(partial, configuration.remotes_in(kept))
        (partial / ".git" / MARKER).touch()
        partial.replace(path)
        kept.unlink(missing_ok=True)
    except OSError as error:
        raise unusable(path, error) from error


def keep_remotes(root: Path, git: Git) -> None:
    """Put the remotes beside the mirror, for the one that will be made in its place."""
    if remotes := configuration.remotes_of(root, git):
        atomic.write(_kept_remotes(root), configuration.text_of(remotes).encode())


def _kept_remotes(root: Path) -> Path:
    return root.with_name(f".{root.name}.remotes")


def is_missing(path: Path) -> bool:
    """Return whether there is room for a new mirror at `path`."""
    with _usable(path):
        return not path.exists() or (path.is_dir() and next(path.iterdir(), None) is None)


def check(root: Path) -> None:
    """Raise `Refused` where there is no repository at `root`, or one that leads elsewhere."""
    git_dir = root / ".git"
    with _usable(root):
        if _kind(git_dir) != stat.S_IFDIR or _kind(git_dir / "HEAD") is None:
            raise foreign(root, "is not a git repository")
        for name in _FILES:
            if _kind(git_dir / name) not in (None, stat.S_IFREG):
                raise foreign(root, f"leads elsewhere (.git/{name} is not a file)")
        for name in _FOLDERS:
            if _kind(git_dir / name) not in (None, stat.S_IFDIR):
                raise foreign(root, f"leads elsewhere (.git/{name} is not a folder)")
        for name in _ELSEWHERE:
            if _kind(git_dir / name) is not None:
                raise foreign(root, f"is a part of another repository (.git/{name})")


def _kind(path: Path) -> int | None:
    """Return what is at a path, None where there is nothing; a link is a link."""
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except FileNotFoundError:
        return None


def foreign(root: Path, what: str) -> Refused:
    """Return the error for something at `root` that is not ours."""
    return Refused(
        f"{root} {what}; the mirror belongs there",
        hint=f"`{join(('mv', str(root), f'{root}.old'))}` moves it away; run the command again",
    )


@contextmanager
def needing_git() -> Iterator[None]:
    """Around the import of GitPython, which fails where there is no git command."""
    try:
        yield
    except ImportError as error:
        raise git_missing("not found") from error


@contextmanager
def _usable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unusable(root, error) from error
