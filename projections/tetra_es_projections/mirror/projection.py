"""Keeps the mirror in step with the events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es.text import one_line
from tetra_es_projections.mirror import (
    configuration,
    marker,
    recovery,
    repository,
    stray,
    worktree,
)
from tetra_es_projections.mirror.failures import GitMissing, say_nothing
from tetra_es_projections.mirror.fast_import import append
from tetra_es_projections.mirror.line import NOTHING_KNOWN, Known, Line, events_of, find_line
from tetra_es_projections.mirror.listing import in_commit
from tetra_es_projections.mirror.refs import BRANCH, NEXT, Head, is_tracking
from tetra_es_projections.mirror.rendering import Rendering
from tetra_es_projections.mirror.successor import Successor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tetra_es.log.record import Record
    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.tree import TreeProjector


class Mirror:
    """The git repository at `path`, with a commit for each event on `main`.

    A caller of `apply` or `replace` holds the organization's lock.
    """

    def __init__(
        self,
        path: Path,
        git: Git,
        *,
        known: Known = NOTHING_KNOWN,
        warn: Warn = say_nothing,
        patience: float = recovery.PATIENCE,
    ) -> None:
        self.path = path
        self.git = git
        self._known = known
        self._warn = warn
        self._patience = patience

    def head(self) -> tuple[str | None, int]:
        """Return our newest commit and the position of its event; None and 0 where there is none.

        Commits that somebody else put on top are passed over. Raises `Refused` when what is at
        the path is not a mirror, `IntegrityFailure` when it is damaged.
        """
        return self._line().head or (None, 0)

    def position(self) -> int:
        """Return the position of our newest commit, 0 where the mirror is too damaged to tell.

        Raises `Refused` when what is at the path is not a mirror.
        """
        head = self._line_of_any().head
        return head.position if head else 0

    def last_event(self) -> int:
        """Return the position of the newest event that the branch has a commit of, 0 for none.

        Unlike `head` it believes what commits say of themselves.
        """
        line = self._line()
        if line.main is None or not line.is_astray:
            return self.head()[1]
        newest = events_of(self.path, self.git, line.main, "-1", "--grep=^Event-Hash: ")
        return newest[0][0] if newest else self.head()[1]

    def commits(self, after: int = 0) -> list[tuple[int, str]]:
        """Return position and commit of each event after a position that the mirror has."""
        commit, position = self.head()
        if commit is None or position <= after:
            return []
        listed = events_of(self.path, self.git, commit, f"-{position - after}")
        return [pair for pair in reversed(listed) if pair[0] > after]

    def is_untouched(self, position: int) -> bool:
        """Return whether all is as we left it after the event at `position`; takes no time."""
        return marker.is_untouched(self.path, position)

    def apply(
        self,
        records: Iterable[Record],
        content: TreeProjector,
        progress: Callable[[int], None] | None = None,
    ) -> list[tuple[int, str]]:
        """Commit the records that the mirror does not have yet; return position and commit of each.

        `content` is that at the mirror's head; skipped records are not applied to it. Makes the
        repository where there is none, repairs what a killed process left, and keeps what people
        left. Afterwards branch, index and work tree are those of the newest commit. Raises
        `TetraEsError`; the mirror then has all of the new commits or none.
        """
        if repository.is_missing(self.path):
            return self.replace(records, content, progress)
        line = self._line()
        before = line.head
        with recovery.alone(self.path, self.git) as git:
            recovery.break_locks(self.path, self._patience)
            marker.mend_head(self.path)
            configuration.secure(self.path, git, self._warn)
            start = before.position if before else 0
            new = (record for record in records if record.position > start)
            rendering = Rendering(content, progress)
            added: list[tuple[int, str]] = []
            if (first := next(new, None)) is not None:
                commits = rendering.commits(first, new)
                ref = NEXT if line.is_astray else BRANCH
                added = append(git, self.path, commits, before and before.commit, ref)
            tip = Head(added[-1][1], added[-1][0]) if added else before
            if tip is not None:
                if line.is_astray:
                    self._bring_back(git, line, tip, {commit for _, commit in added})
                self._check_out(git, line, tip, rendering.files)
                if line.was_set_back:
                    self._warn(
                        f"main in {self.path} was moved; it is at #{tip.position} again", None
                    )
            if added:
                recovery.pack(self.path, git, start, added[-1][0])
            return added

    def replace(
        self,
        records: Iterable[Record],
        content: TreeProjector,
        progress: Callable[[int], None] | None = None,
        *,
        purging: bool = False,
    ) -> list[tuple[int, str]]:
        """Build the mirror of all records beside this one and put it in its place.

        Remotes stay, and so do refs, commits and changes of people, but for those that with
        `purging` reach what the new mirror has not. Returns position and commit of each record.
        Raises `TetraEsError`, with this one still in place, `Refused` for what is not a mirror.
        """
        repository.recover(self.path)
        missing = repository.is_missing(self.path)
        line = self._line_of_any()
        remotes = [] if missing else configuration.remotes_of(self.path, self.git)
        repository.create(repository.partial(self.path), self.git, remotes)
        new = Mirror(repository.partial(self.path), self.git, patience=self._patience)
        added = new.apply(records, content, progress)
        aside = None
        if not missing and added:
            with recovery.alone(self.path, self.git) as git:
                aside = self._hand_over(git, line, added, purging=purging)
        repository.put_in_place(self.path, aside)
        return added

    def recover(self) -> None:
        """Finish what a killed `replace` left."""
        repository.recover(self.path)

    def _line_of_any(self) -> Line:
        """Return the line, of a damaged mirror as far as it can be told."""
        try:
            return self._line()
        except (Refused, GitMissing):
            raise
        except TetraEsError:
            return Line(None, None)

    def _hand_over(
        self, git: Git, line: Line, added: list[tuple[int, str]], *, purging: bool
    ) -> Path | None:
        """Bring what people had to the new mirror; return where this one is kept, if it must be."""
        new, (position, tip) = repository.partial(self.path), added[-1]
        ours = line.main in {commit for _, commit in added} or (purging and not line.is_astray)
        main = None if ours else line.main
        complete = self._kept_all(git, main, in_commit(new, self.git, tip), alone=purging)
        successor = Successor(self.path, new, self.git, tip)
        if purging:
            behind = successor.bring_refs_without(line.head and line.head.commit)
            names = [ref.removeprefix("refs/") for ref in behind if not is_tracking(ref)]
            if names:
                gone = one_line(", ".join(names))
                self._warn(f"what reached the purged value is gone from {self.path}: {gone}", None)
            return None
        if successor.bring_refs() or not complete:
            aside = repository.new_aside(self.path, position)
            self._warn(
                f"not all that people had in {self.path} could be brought over; "
                f"the old mirror is kept as {aside}",
                None,
            )
            return aside
        return None

    def _kept_all(
        self, git: Git, main: str | None, recorded: dict[str, bytes], *, alone: bool
    ) -> bool:
        try:
            recovery.break_locks(self.path, self._patience)
            marker.mend_head(self.path)
            configuration.secure(self.path, git, self._warn)
            return stray.keep_all(
                self.path, git, self._warn, main=main, recorded=recorded, alone=alone
            )
        except GitMissing:
            raise
        except TetraEsError:
            return False

    def _line(self) -> Line:
        return find_line(self.path, self.git, self._known)

    def _bring_back(self, git: Git, line: Line, tip: Head, ours: set[str]) -> None:
        """Move the branch from somebody else's commit to ours; theirs is kept first."""
        main = None if line.main in ours else line.main
        stray.keep(self.path, git, self._warn, main=main, tip=tip.commit)
        marker.mark(self.path, None)
        stray.move_main(self.path, git, tip.commit, *((NEXT,) if ours else ()))

    def _check_out(
        self, git: Git, line: Line, tip: Head, files: dict[str, bytes | None] | None
    ) -> None:
        """Bring index and work tree to `tip`, where `main` is by now; `line` was before that."""
        last, root = marker.marked(self.path), self.path
        in_place = last is not None and last.commit == line.main and marker.is_main(root)
        if in_place and last == tip:
            return
        if not (in_place and files and marker.is_our_index(root) and self._put(git, files)):
            stray.keep(root, git, self._warn, main=None, tip=tip.commit)
            worktree.reset(root, git)
        marker.mark(root, tip)

    def _put(self, git: Git, files: dict[str, bytes | None]) -> bool:
        try:
            return worktree.put(self.path, files, git)
        except TetraEsError:
            return False
