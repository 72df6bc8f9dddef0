"""The branches, tags and notes of people, brought to the mirror that takes another one's place."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tetra_es.disk import atomic
from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.failures import GitMissing, unusable
from tetra_es_projections.mirror.folder import git_folder
from tetra_es_projections.mirror.listing import read_file
from tetra_es_projections.mirror.refs import BRANCH, all_refs, new_found, worktree_heads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

_OURS: Final = ("refs/tetra-es/", "refs/replace/")
"""Refs that are not brought: our own, and those that show one object in another's place."""

_STASH: Final = "refs/stash"
_WORK_TREES: Final = "worktrees"

_LENGTH: Final = 40
"""Digits of an id."""


class Successor:
    """The mirror at `new`, whose newest commit is `tip`, and the one at `old` that it replaces.

    `found` are refs that the old one has not, for commits of it that are to be kept.
    """

    def __init__(self, old: Path, new: Path, git: Git, tip: str, found: Mapping[str, str]) -> None:
        self._old, self._new, self._git, self._tip = old, new, git, tip
        self._found = found
        objects = str(git_folder(old.absolute()) / "objects")
        quoted = objects.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        self._both: Final = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'}

    def bring_refs(self) -> list[str]:
        """Bring the refs and their objects; return the refs that are too damaged for that."""
        refs = self._refs()
        stashes = self._stashes() if _STASH in refs else b""
        older = re.findall(r"^\w+ ([0-9a-f]{40}) ", stashes.decode(errors="replace"), re.MULTILINE)
        older += worktree_heads(self._old, refs)
        if not self._brought(refs, older):
            behind = [ref for ref, name in refs.items() if not self._brought({ref: name})]
            return behind or [_WORK_TREES]  # what a stash or a work tree needs is damaged
        if stashes:
            atomic.write(self._new / "logs" / _STASH, stashes)
        return []

    def bring_work_trees(self) -> None:
        """Bring the list of work trees that people added. Raises `TetraEsError`."""
        listed = git_folder(self._old) / _WORK_TREES
        try:
            if listed.is_dir() and not listed.is_symlink():
                shutil.copytree(listed, self._new / _WORK_TREES, symlinks=True)
        except OSError as error:
            raise unusable(self._old, error) from error

    def bring_refs_without(self, gone: set[str] | None) -> list[str]:
        """Bring the refs that reach none of the objects `gone`; return those left behind.

        None of them are brought where it is not known what is gone.
        """
        refs = self._refs()
        behind = [
            ref
            for ref, name in refs.items()
            if gone is None or (only := self.only_in_old(name)) is None or only & gone
        ]
        rest = {ref: name for ref, name in refs.items() if ref not in behind}
        return behind + [ref for ref, name in rest.items() if not self._brought({ref: name})]

    def only_in_old(self, name: str) -> set[str] | None:
        """Return the objects that `name` reaches and that the new mirror does not have.

        None where that cannot be told.
        """
        try:
            listed = self._run(
                "rev-list", "--objects", "--stdin", data=f"{name}\n^{self._tip}\n", more=self._both
            )
        except GitMissing:
            raise
        except TetraEsError:
            return None
        return {line[:_LENGTH] for line in listed.splitlines()}

    def _refs(self) -> dict[str, str]:
        refs = dict(sorted({**all_refs(self._old), **self._found}.items()))
        for ref in [ref for ref in refs if ref.startswith(f"{BRANCH}/")]:
            refs[new_found(refs, datetime.now(UTC))] = refs.pop(ref)  # there is no room beside main
        return {
            ref: name for ref, name in refs.items() if ref != BRANCH and not ref.startswith(_OURS)
        }

    def _stashes(self) -> bytes:
        """Return the list of stashes, of which the ref is only the newest."""
        try:
            return read_file(git_folder(self._old) / "logs" / _STASH)
        except OSError:
            return b""

    def _brought(self, refs: Mapping[str, str], more: Iterable[str] = ()) -> bool:
        """Copy the objects of refs, and `more`, and make these refs; return whether that worked."""
        wanted = "".join(f"{name}\n" for name in (*refs.values(), *more))
        pack = ("pack-objects", "--revs", "--quiet", "--non-empty", "objects/pack/pack")
        create = "".join(f"create {ref} {name}\n" for ref, name in refs.items())
        try:
            self._run(*pack, data=f"{wanted}--not\n{self._tip}\n", more=self._both)
            self._run("update-ref", "--stdin", data=create)
        except GitMissing:
            raise
        except TetraEsError:
            return False
        return True

    def _run(self, *arguments: str, data: str, more: Mapping[str, str] | None = None) -> str:
        printed = self._git.run(self._new, *arguments, data=data.encode(), more=more)
        return printed.decode(errors="replace")
