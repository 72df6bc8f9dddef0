"""Taking in the events that views, files and mirror do not have yet, each from where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import RESTORE_HINT, IntegrityFailure
from tetra_es.log import purges
from tetra_es.log.replica import Ending
from tetra_es.store.log import BATCH
from tetra_es_projections.bodies import purged_by
from tetra_es_projections.tree import TreeProjector, recorded_digest
from tetra_es_projections.views.commits import Commits
from tetra_es_projections.views.database import FILES, MIRROR, VIEWS, progress
from tetra_es_projections.views.projection import apply_to_views

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.projection import Mirror
    from tetra_es_projections.working_files import Files

    Progress: TypeAlias = Callable[[str, int, int], None]
    """Called with what is being done, how far it is, and how far it goes."""


class Advance:
    """Brings everything derived up to a position, which may be killed and repeated at any point."""

    def __init__(
        self,
        log: Replica,
        views: sqlite3.Connection,
        files: Files,
        open_mirror: Callable[[], Mirror],
        report: Progress | None,
    ) -> None:
        self._log = log
        self._views = views
        self._files = files
        self._open_mirror = open_mirror
        self._report = report

    def to(self, last: int, *, again: bool = False, views_alone: bool = False) -> None:
        """Take in the events up to `last`; `again` builds the mirror from nothing."""
        self._advance_views(last)
        if views_alone:
            return
        self._advance_files(last)
        self._advance_mirror(last, again=again)

    def _advance_views(self, last: int) -> None:
        advance_views(self._views, self._log, last, self._report)

    def _advance_files(self, last: int) -> None:
        position = progress(self._views, FILES)
        self._files.bases.begin(position)
        if position < last:
            content = TreeProjector.at(self._log, position)
            records = self._log.records(position, last)
            self._files.apply(
                records,
                content,
                last,
                whole=not position,
                recorded=lambda path: recorded_digest(self._log, path, position),
            )
        self._files.bases.note()

    def _advance_mirror(self, last: int, *, again: bool) -> None:
        """Bring the mirror up to the position `last`; `again` builds it from nothing."""
        mirror = self._open_mirror()
        reached = progress(self._views, MIRROR)
        if reached == last and not again and mirror.is_untouched(last):
            return
        mirror.recover()
        again = again or self._is_of_others(mirror, reached, last)
        position = mirror.position() if again else mirror.head()[1]

        def step(done: int) -> None:
            if self._report:
                self._report("mirror", done, last)

        # The one event that changes the past: where the purged body was, a tombstone stands.
        purging = self._purges(position, last)
        if again or purging or mirror.must_be_replaced():
            records = self._log.records(0, last)
            commits = mirror.replace(records, TreeProjector.at(self._log, 0), step, purging=purging)
        else:
            records = self._log.records(position, last)
            commits = mirror.apply(records, TreeProjector.at(self._log, position), step)
            commits = self._unlisted(mirror, reached, position, last) or commits
        Commits(self._views).add(commits, last)

    def _is_of_others(self, mirror: Mirror, reached: int, last: int) -> bool:
        """Return whether the mirror is of events that are not those of the store.

        Raises `IntegrityFailure` where it may have what the store lost.
        """
        if mirror.must_be_replaced():
            return False
        _, position = mirror.head()
        if self._log.ending is not Ending.WHOLE:
            if (newest := max(position, mirror.last_event())) > last:
                raise IntegrityFailure(
                    f"the mirror goes to #{newest}, the store only to #{last}", hint=RESTORE_HINT
                )
            return False
        if position > last:
            return True
        if reached or not position:
            return False  # the views, whose events are those of the store, know its commits
        record, newest_event = self._log.record(position), mirror.newest_event()
        return record is None or newest_event != (position, record.hash.hex())

    def _unlisted(
        self, mirror: Mirror, reached: int, position: int, last: int
    ) -> list[tuple[int, str]]:
        """Return commits that the views do not know though the mirror had them; often none."""
        if self._purges(reached, last):
            return mirror.commits()  # killed when all of them were new
        _, upto = Commits(self._views).newest() or (None, 0)
        return mirror.commits(upto) if upto < position else []

    def _purges(self, after: int, upto: int) -> bool:
        """Return whether one of these events destroyed something."""
        return any(self._log.has_topic(topic, after, upto) for topic in purges.TOPICS) and bool(
            purged_by(self._log, after, upto)
        )


def advance_views(
    views: sqlite3.Connection, log: Replica, last: int, report: Progress | None
) -> None:
    """Bring views alone up to a position."""
    for batch in _batches(log.records(progress(views, VIEWS), last)):
        apply_to_views(views, log, batch)
        if report:
            report("views", batch[-1].position, last)


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
