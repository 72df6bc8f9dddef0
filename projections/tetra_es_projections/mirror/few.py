"""A few commits, written as objects in this process: git itself is started for many alone.

Trees are read from packs. Where git made one of them a difference from another, it is asked once
for all.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.failures import failure, unusable
from tetra_es_projections.mirror.listing import objects_named
from tetra_es_projections.mirror.objects import Tree, commit_ids
from tetra_es_projections.mirror.packs import Packs
from tetra_es_projections.mirror.refs import swap_branch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tetra_es_projections.mirror.commit import Commit
    from tetra_es_projections.mirror.git import Git

_COMMITS: Final = 4
"""Up to so many commits are written here; more are a matter of seconds, and git compresses them."""
_FILES: Final = 32
"""Up to so many files that they change."""

_TREE: Final = len("tree ")
_LENGTH: Final = 40
"""Digits of an id."""


def few(commits: Iterator[Commit]) -> tuple[list[Commit], Iterator[Commit] | None]:
    """Return the first commits and the others, None in their place where the first are all."""
    first: list[Commit] = []
    files = 0
    for commit in commits:
        first.append(commit)
        files += len(commit.files)
        if len(first) > _COMMITS or files > _FILES:
            return first, commits
    return first, None


def append_few(
    git: Git, root: Path, commits: Sequence[Commit], parent: str | None
) -> list[tuple[int, str]]:
    """Add commits to the branch, whose head is `parent`; return position and id of each.

    All of them or none: the branch moves at the end. Raises `TetraEsError`, also when the branch
    was moved by somebody else meanwhile.
    """
    objects = Packs(root)
    stored = Stored(root, git, objects, commits, parent)
    tree = Tree(stored.tree, stored.top()) if parent else Tree()
    added = list(commit_ids(commits, tree, parent, objects.add))
    try:
        objects.write()
        moved = swap_branch(root, parent, added[-1][1])
    except OSError as error:
        raise unusable(root, error) from error
    if not moved:
        raise TetraEsError(
            f"somebody else moved main in {root} meanwhile",
            hint="run any command again: what was recorded is safe",
        )
    return added


class Stored:
    """The objects that commits on top of `parent` need: itself, and trees that they change."""

    def __init__(
        self,
        root: Path,
        git: Git,
        packs: Packs,
        commits: Sequence[Commit],
        parent: str | None,
    ) -> None:
        self._root = root
        self._git = git
        self._packs = packs
        self._commits = commits
        self._parent = parent or ""
        self._asked: dict[bytes, bytes] | None = None

    def top(self) -> bytes:
        """Return the content of the parent's tree."""
        commit = self._get(b"commit", bytes.fromhex(self._parent))
        return self.tree(bytes.fromhex(commit[_TREE : _TREE + _LENGTH].decode("ascii")))

    def tree(self, identifier: bytes) -> bytes:
        """Return the content of a tree. Raises `TetraEsError` where it is missing."""
        return self._get(b"tree", identifier)

    def _get(self, kind: bytes, identifier: bytes) -> bytes:
        data = self._packs.read(kind, identifier)
        if data is None:
            if self._asked is None:
                self._asked = self._from_git()
            data = self._asked.get(identifier)
        if data is None:
            raise failure(self._root, "reading", f"{identifier.hex()} is missing")
        return data

    def _from_git(self) -> dict[bytes, bytes]:
        paths = {path for commit in self._commits for path in commit.files}
        folders = {str(folder) for path in paths for folder in PurePosixPath(path).parents}
        below = sorted(f"{self._parent}:{folder}" for folder in folders - {"."})
        names = [self._parent, f"{self._parent}^{{tree}}", *below]
        found = objects_named(self._root, self._git, names)
        return {bytes.fromhex(one.identifier): one.content for one in found if one}
