"""Keeps the mirror in step with the events."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es_projections.mirror import (
    configuration,
    marker,
    recovery,
    repository,
    stray,
    trailers,
)
from tetra_es_projections.mirror.failures import GitMissing, say_nothing
from tetra_es_projections.mirror.fast_import import append
from tetra_es_projections.mirror.few import append_few, few
from tetra_es_projections.mirror.folder import has_work_tree
from tetra_es_projections.mirror.line import NOTHING_KNOWN, Known, Line, events_of, find_line
from tetra_es_projections.mirror.refs import NEXT, Head, note_shared, was_shared
from tetra_es_projections.mirror.rendering import render_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tetra_es.log.record import Record
    from tetra_es_projections.mirror.commit import Commit
    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.tree import TreeProjector


class Mirror:
    """The bare git repository at `path`, with a commit for each event on `main`.

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

    def newest_event(self) -> tuple[int, str] | None:
        """Return position and hash of the event that our newest commit says it is of, or None.

        Raises `Refused` when what is at the path is not a mirror, `IntegrityFailure` when it is
        damaged.
        """
        commit, _ = self.head()
        return None if commit is None else trailers.event_of(self.path, self.git, commit)

    def commits(self, after: int = 0) -> list[tuple[int, str]]:
        """Return position and commit of each event after a position that the mirror has."""
        commit, position = self.head()
        if commit is None or position <= after:
            return []
        listed = events_of(self.path, self.git, commit, f"-{position - after}")
        return [pair for pair in reversed(listed) if pair[0] > after]

    def must_be_replaced(self) -> bool:
        """Return whether only `replace` can bring it up to date, as one of the first edition."""
        return repository.is_missing(self.path) or has_work_tree(self.path)

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

        `content` is that at the mirror's head; skipped records are not applied to it. All records
        are needed where the mirror must be replaced. Repairs what a killed process left, and keeps
        what people left. Raises `TetraEsError`; the mirror then has all of the new commits or none.
        """
        if self.must_be_replaced():
            return self.replace(records, content, progress)
        line = self._line()
        before = line.head
        with recovery.alone(self.path, self.git) as git:
            recovery.break_locks(self.path, self._patience)
            marker.mend_head(self.path)
            configuration.secure(self.path, git, self._warn)
            start = before.position if before else 0
            new = (record for record in records if record.position > start)
            added: list[tuple[int, str]] = []
            if (first := next(new, None)) is not None:
                commits = render_all(chain((first,), new), content, progress)
                added = self._append(git, line, commits)
            tip = Head(added[-1][1], added[-1][0]) if added else before
            if tip is not None:
                self._bring_back(git, line, tip, {commit for _, commit in added})
                marker.mark(self.path, tip)
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

        Remotes stay, and so do refs, commits and files of people, but for those that with
        `purging` reach what the new mirror has not. Returns position and commit of each record.
        Raises `TetraEsError`, with this one still in place, `Refused` for what is not a mirror.
        """
        from tetra_es_projections.mirror.handover import Handover  # what few commands need

        repository.recover(self.path)
        missing = repository.is_missing(self.path)
        line = self._line_of_any()
        remotes = [] if missing else configuration.remotes_of(self.path, self.git)
        place = repository.partial(self.path)
        repository.create(place, self.git, remotes)
        new = Mirror(place, self.git, patience=self._patience)
        added = new.apply(records, content, progress)
        aside = None
        if not missing and added:
            with recovery.alone(self.path, self.git) as git:
                handover = Handover(self.path, place, git, self._warn)
                aside = handover.run(line, added, purging=purging)
            if was_shared(self.path):
                note_shared(place, added[-1][1])
        repository.put_in_place(self.path, aside)
        return added

    def keep_line(self, position: int, ref: str) -> None:
        """Keep our commits under a ref, and set `main` back to that of the event at a position.

        Nothing where the mirror does not go further. Raises `TetraEsError`.
        """
        commit, last = self.head()
        if commit is None or last <= position:
            return
        line = self.commits(position - 1)
        with recovery.alone(self.path, self.git) as git:
            recovery.break_locks(self.path, self._patience)
            git.run(self.path, "update-ref", ref, commit)
            tip = Head(line[0][1], position)
            stray.move_main(self.path, git, tip.commit)
            marker.mark(self.path, tip)

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

    def _line(self) -> Line:
        return find_line(self.path, self.git, self._known)

    def _append(self, git: Git, line: Line, commits: Iterator[Commit]) -> list[tuple[int, str]]:
        """Add commits to our newest one: a few here, many by git."""
        parent = line.head.commit if line.head else None
        if line.is_astray:
            return append(git, self.path, commits, parent, NEXT)
        first, rest = few(commits)
        if rest is None:
            return append_few(git, self.path, first, parent)
        return append(git, self.path, chain(first, rest), parent)

    def _bring_back(self, git: Git, line: Line, tip: Head, ours: set[str]) -> None:
        """Set branch and HEAD to our newest commit; commits of people there are kept."""
        astray = line.is_astray
        if astray or not marker.is_main(self.path):
            main = line.main if astray and line.main not in ours else None
            stray.keep_commits(self.path, git, self._warn, main=main)
        if astray:
            stray.move_main(self.path, git, tip.commit, *((NEXT,) if ours else ()))
        if not marker.is_main(self.path):
            marker.reset_head(self.path)
        if line.was_set_back:
            self._warn(f"main in {self.path} was moved; it is at #{tip.position} again", None)
