"""Keeps the mirror in step with the events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es_projections.mirror import configuration, recovery, repository, trailers, worktree
from tetra_es_projections.mirror.failures import say_nothing, unusable
from tetra_es_projections.mirror.fast_import import append
from tetra_es_projections.mirror.refs import BRANCH, Head, branch_head
from tetra_es_projections.mirror.rendering import Rendering
from tetra_es_projections.mirror.repository import MARKER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tetra_es.store.record import Record
    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.tree import TreeProjector

_PAIR: Final = re.compile(r"([0-9a-f]{40}) (\d{1,18})", re.ASCII)


class Mirror:
    """The git repository at `path`, with a commit for each event on `main`.

    Whoever calls `apply` or `discard` holds the organization's lock.
    """

    def __init__(
        self,
        path: Path,
        git: Git,
        *,
        warn: Warn = say_nothing,
        patience: float = recovery.PATIENCE,
    ) -> None:
        self.path = path
        self.git = git
        self._warn = warn
        self._patience = patience
        self._head: Head | None = None

    def head(self, known: Callable[[str], int | None] | None = None) -> tuple[str | None, int]:
        """Return the newest commit and the position of its event; None and 0 where there is none.

        `known` may tell the position of a commit; only when it can't, the commit is read.
        Raises `Refused` when what is at the path is not a mirror, or somebody else's commit is
        on its branch, `IntegrityFailure` when it is damaged.
        """
        missing = repository.is_missing(self.path)
        commit = None if missing else self._branch_head()
        if commit is None:
            if not missing and not (self.path / ".git" / MARKER).exists():
                raise repository.foreign(self.path, "is a repository that tetra-es did not make")
            self._head = None
            return None, 0
        if self._head is None or self._head.commit != commit:
            self._head = Head(commit, self._position(commit, known))
        return self._head

    def last_event(self) -> int:
        """Return the position of the newest event that the branch has a commit of, 0 for none.

        Unlike `head` it looks behind commits that somebody else put on top.
        """
        if repository.is_missing(self.path) or (commit := self._branch_head()) is None:
            return self.head()[1]
        newest = self._log(commit, "-1", "--grep=^Event-Hash: ")
        return newest[0][0] if newest else self.head()[1]

    def commits(self, after: int = 0) -> list[tuple[int, str]]:
        """Return position and commit of each event after a position that the mirror has."""
        commit, position = self.head()
        if commit is None or position <= after:
            return []
        listed = self._log(commit, f"-{position - after}")
        return [pair for pair in reversed(listed) if pair[0] > after]

    def apply(
        self,
        records: Iterable[Record],
        content: TreeProjector,
        progress: Callable[[int], None] | None = None,
    ) -> list[tuple[int, str]]:
        """Commit the records that the mirror does not have yet; return position and commit of each.

        `content` is that at the mirror's head; skipped records are not applied to it. Makes the
        repository where there is none, and repairs what a killed process left. Afterwards index
        and work tree are those of the newest commit. Raises `TetraEsError`; the mirror then has
        all of the new commits or none.
        """
        if repository.is_missing(self.path):
            repository.create(self.path, self.git)
        commit, position = self.head()
        with recovery.alone(self.path, self.git) as git:
            recovery.break_locks(self.path, self._patience)
            configuration.secure(self.path, git, self._warn)
            new = (record for record in records if record.position > position)
            rendering = Rendering(content, progress)
            added: list[tuple[int, str]] = []
            if (first := next(new, None)) is not None:
                added = append(git, self.path, rendering.commits(first, new), commit)
                self._head = Head(added[-1][1], added[-1][0])
            if self._head is not None:
                self._check_out(self._head, git, before=commit, files=rendering.files)
            if added:
                recovery.pack(self.path, git, position, added[-1][0])
            return added

    def discard(self) -> None:
        """Remove the mirror: from its place at once, so that no half of it can be met there.

        Raises `TetraEsError`, `Refused` for something that is not a mirror.
        """
        import shutil  # for this alone

        doomed = self.path.with_name(f".{self.path.name}.discarded")
        try:
            if doomed.exists():
                shutil.rmtree(doomed)
            if not repository.is_missing(self.path):
                self.last_event()  # refuses what is not ours
                with recovery.alone(self.path, self.git):
                    repository.keep_remotes(self.path, self.git)
                    self.path.replace(doomed)
                    shutil.rmtree(doomed)
        except OSError as error:
            raise unusable(self.path, error) from error
        self._head = None

    def _branch_head(self) -> str | None:
        repository.check(self.path)
        recovery.wait(self.path)  # it could still move the branch
        file = self.path / ".git" / BRANCH
        try:
            if (commit := branch_head(self.path)) is None and file.is_file():
                raise IntegrityFailure(
                    f"{file} is damaged", hint="move the mirror away and run `tetra-es rebuild`"
                )
        except OSError as error:
            raise unusable(self.path, error) from error
        return commit

    def _position(self, commit: str, known: Callable[[str], int | None] | None) -> int:
        marked = worktree.checked_out(self.path)
        if marked and marked.commit == commit:
            return marked.position
        position = known(commit) if known else None
        return trailers.position_of(self.path, self.git, commit) if position is None else position

    def _check_out(
        self, head: Head, git: Git, *, before: str | None, files: dict[str, bytes | None] | None
    ) -> None:
        marked = worktree.checked_out(self.path)
        if marked == head:
            return
        if files and marked and marked.commit == before:
            try:
                worktree.put(self.path, files, git)
            except TetraEsError:
                worktree.reset(self.path, git)
        else:
            worktree.reset(self.path, git)
        worktree.mark(self.path, head)

    def _log(self, commit: str, *options: str) -> list[tuple[int, str]]:
        """Return position and commit of a commit and those before it, newest first."""
        form = "--format=%H %(trailers:key=Event,valueonly,separator=%x2C)"
        printed = self.git.read(self.path, "log", "--first-parent", form, *options, commit)
        pairs = (_PAIR.fullmatch(line) for line in printed.decode(errors="replace").splitlines())
        return [(int(pair[2]), pair[1]) for pair in pairs if pair]
