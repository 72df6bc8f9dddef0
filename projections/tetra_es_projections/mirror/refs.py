"""Branches of the mirror, read from git's own files: that takes no time and obeys no setting.

The layout is that of gitrepository-layout(5): a file below `refs/` for each ref, and
`packed-refs` for those that were packed, which the files take precedence over.
"""

from __future__ import annotations

import os
import re
import stat
from itertools import chain, count
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.disk import atomic
from tetra_es_projections.mirror.folder import git_folder

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

BRANCH: Final = "refs/heads/main"
HEAD: Final = f"ref: {BRANCH}\n"
"""Content of the file `HEAD`."""

COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_FOUND: Final = re.compile(r"refs/heads/found[/-]\d{8}T\d{6}Z", re.ASCII)
_PACKED: Final = re.compile(r"([0-9a-f]{40}) (refs/\S+)")

FOUND: Final = "refs/heads/found"
"""Below it, or where it is taken beside it, is what people left where only our commits belong."""

NEXT: Final = "refs/tetra-es/next"
"""Where commits are made while `main` is at somebody else's; gone afterwards."""


SHARED: Final = "refs/tetra-es/shared"
"""Where `main` of the shared log was when it was asked last."""


class Head(NamedTuple):
    """A commit of the mirror and the position of its event."""

    commit: str
    position: int


def branch_head(root: Path) -> str | None:
    """Return the commit that the branch is at, None where it is at none. Raises `OSError`."""
    git_dir = git_folder(root)
    if (text := _text(git_dir / BRANCH)) is not None:
        return text if COMMIT.fullmatch(text) else None
    return dict(_packed(git_dir)).get(BRANCH)


def all_refs(root: Path) -> dict[str, str]:
    """Return name to commit, or other object, of each ref. Raises `OSError`.

    Refs that only point to another one, and damaged ones, are left out.
    """
    git_dir = git_folder(root)
    found = dict(_packed(git_dir))
    for folder, _, names in os.walk(git_dir / "refs"):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118, of many files
            ref = os.path.relpath(path, git_dir)
            text = _text(git_dir / ref)
            if text is not None and COMMIT.fullmatch(text):
                found[ref] = text
            else:
                found.pop(ref, None)
    return found


def was_shared(root: Path) -> bool:
    """Return whether a shared log was ever asked from the mirror at `root`."""
    try:
        return os.path.lexists(root / SHARED) or SHARED in dict(_packed(root))
    except OSError:
        return False


def note_shared(root: Path, commit: str) -> None:
    """Note in the mirror at `root` that a shared log was asked. Raises `TetraEsError`."""
    if not was_shared(root):
        (root / SHARED).parent.mkdir(parents=True, exist_ok=True)
        atomic.write(root / SHARED, f"{commit}\n".encode())


def head_of(root: Path, refs: Mapping[str, str]) -> str | None:
    """Return the commit that HEAD names, None where there is none. Raises `OSError`."""
    file = git_folder(root) / "HEAD"
    if not file.is_file():  # such as a pipe, which is never read to its end
        return None
    head = file.read_text(errors="replace").strip()
    return refs.get(head.removeprefix("ref: ")) if head.startswith("ref: ") else head


def worktree_heads(root: Path, refs: Mapping[str, str]) -> list[str]:
    """Return the commits that people have checked out with `git worktree`. Raises `OSError`."""
    found = []
    for file in sorted(git_folder(root).glob("worktrees/*/HEAD")):
        head = (_text(file) or "").removeprefix("ref: ")
        found += [commit] if COMMIT.fullmatch(commit := refs.get(head, head)) else []
    return found


def found_in(refs: Iterable[str]) -> list[str]:
    """Return the branches under which something of people's is kept, without `refs/heads/`."""
    return sorted(name.removeprefix("refs/heads/") for name in refs if is_found(name))


def is_found(ref: str) -> bool:
    """Return whether something of people's is kept under this ref."""
    return bool(_FOUND.match(ref))


def is_tracking(ref: str) -> bool:
    """Return whether a ref only says where a branch of a remote is."""
    return ref.startswith("refs/remotes/")


def new_found(refs: Container[str], time: datetime) -> str:
    """Return a ref that is free, for something that is kept at this time."""
    name = f"{FOUND}{'-' if FOUND in refs else '/'}{time:%Y%m%dT%H%M%SZ}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(name for name in names if name not in refs)


def mend_branch(root: Path) -> None:
    """Remove the branch's file where it names no commit: git refuses to move such a branch.

    Raises `OSError`.
    """
    file = git_folder(root) / BRANCH
    if (file.is_symlink() or not file.is_dir()) and not COMMIT.fullmatch(_text(file) or ""):
        file.unlink(missing_ok=True)


def swap_branch(root: Path, old: str | None, new: str) -> bool:
    """Move the branch of the bare mirror from one commit to another, under git's own lock file.

    Returns False, with nothing done, where it is not at `old`, or git is moving it at this moment.
    Raises `OSError`.
    """
    file = root / BRANCH
    lock = file.with_name(f"{file.name}.lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(lock, flags, 0o666)
    except FileExistsError:
        return False
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(f"{new}\n".encode())
            opened.flush()
            os.fsync(descriptor)
        if branch_head(root) != old:
            lock.unlink()
            return False
        lock.replace(file)
    except BaseException:
        lock.unlink(missing_ok=True)
        raise
    atomic.sync_folder(file.parent)
    return True


def _packed(git_dir: Path) -> Iterator[tuple[str, str]]:
    for line in (_text(git_dir / "packed-refs") or "").splitlines():
        if match := _PACKED.fullmatch(line):
            yield match[2], match[1]


def _text(path: Path) -> str | None:
    """Return what a file says, None where there is no file of its own."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        return path.read_text(errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
