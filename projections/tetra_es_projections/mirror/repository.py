"""The repository itself: made so that no user's configuration matters, told from a foreign one."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from shlex import join
from typing import TYPE_CHECKING, Final

from tetra_es.disk import atomic
from tetra_es.disk.folders import make_folder
from tetra_es.errors import Refused, TetraEsError
from tetra_es_projections.kept import make_kept
from tetra_es_projections.mirror import configuration
from tetra_es_projections.mirror.failures import AGAIN, git_missing, unusable
from tetra_es_projections.mirror.folder import git_folder, has_work_tree
from tetra_es_projections.mirror.marker import MARKER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tetra_es_projections.mirror.addresses import Remote
    from tetra_es_projections.mirror.git import Git

_FILES: Final = ("HEAD", "config", "index", "packed-refs", "info/attributes")
_FOLDERS: Final = ("objects", "objects/info", "objects/pack", "refs", "refs/heads", "info")
"""What git would follow to another place if it were a link, or wait for if it were a pipe."""

_ELSEWHERE: Final = ("commondir", "objects/info/alternates")
"""Files that make it a part of another repository."""


def create(path: Path, git: Git, remotes: Iterable[Remote] = ()) -> None:
    """Make an empty mirror at `path`, in the place of whatever half of one is there.

    Raises `TetraEsError` when git is missing or the folder cannot be written.
    """
    with _usable(path):
        _remove(path)
        make_folder(path)
        git.init(path)
        (path / "info").mkdir(exist_ok=True)
        configuration.write(path, remotes)
        (path / MARKER).touch()


def partial(path: Path) -> Path:
    """Return where a mirror is built that is to be at `path`."""
    return path.with_name(f".{path.name}.partial")


def put_in_place(path: Path, aside: Path | None = None) -> None:
    """Put the mirror that was built in its place; the one there is removed, or moved `aside`.

    Raises `TetraEsError`.
    """
    with _usable(path):
        if os.path.lexists(path):
            _sync(partial(path))
            if aside is not None:
                make_kept(path.parent)
            path.replace(aside or _replaced(path))
        partial(path).replace(path)
        atomic.sync_folder(path.parent)
        _remove(_replaced(path))


def recover(path: Path) -> None:
    """Finish what a killed `put_in_place` or `create` left. Raises `TetraEsError`."""
    with _usable(path):
        if os.path.lexists(_replaced(path)) and not os.path.lexists(path):
            _replaced(path).replace(path)
        _remove(_replaced(path))
        _remove(partial(path))


def _sync(path: Path) -> None:
    """Make a new mirror durable before the old one goes."""
    for folder, _, names in os.walk(path):
        for name in (*names, ""):
            atomic.sync(os.path.join(folder, name))  # noqa: PTH118, of many files


def _replaced(path: Path) -> Path:
    return path.with_name(f".{path.name}.replaced")


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        import shutil  # for this alone

        shutil.rmtree(path)


def is_missing(path: Path) -> bool:
    """Return whether there is room for a new mirror at `path`."""
    with _usable(path):
        return not path.exists() or (path.is_dir() and next(path.iterdir(), None) is None)


def check(root: Path) -> None:
    """Raise `Refused` where something else is at `root`, or a repository that leads elsewhere.

    `TetraEsError` where nothing is. One with a work tree, as in the first edition, will do.
    """
    git_dir = git_folder(root)
    below = ".git/" if has_work_tree(root) else ""
    if is_missing(root):
        raise TetraEsError(f"the mirror {root} is missing", hint=AGAIN)
    with _usable(root):
        if root.is_symlink():
            raise foreign(root, "is a link")
        if _kind(git_dir) != stat.S_IFDIR or _kind(git_dir / "HEAD") is None:
            raise foreign(root, "is not a git repository")
        for name in _FILES:
            if _kind(git_dir / name) not in (None, stat.S_IFREG):
                raise foreign(root, f"leads elsewhere ({below}{name} is not a file)")
        for name in _FOLDERS:
            if _kind(git_dir / name) not in (None, stat.S_IFDIR):
                raise foreign(root, f"leads elsewhere ({below}{name} is not a folder)")
        for name in _ELSEWHERE:
            if _kind(git_dir / name) is not None:
                raise foreign(root, f"is a part of another repository ({below}{name})")


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
