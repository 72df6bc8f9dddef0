"""Keep the views, the files and the mirror in step with the events.

The events are appended first, in one transaction; this comes after. Each projection remembers
the position that it has reached, skips what it has, and can be killed at any point: the next
catching up does the rest. A caller of `catch_up` or `rebuild` holds the lock.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tetra_es.disk.identity import file_identity
from tetra_es.errors import RESTORE_HINT, IntegrityFailure, Refused, TetraEsError
from tetra_es.layout import is_edited
from tetra_es.log import purges
from tetra_es.store.log import BATCH
from tetra_es_projections.bodies import BodiesOf, purged_by
from tetra_es_projections.check import stored_differences
from tetra_es_projections.mirror.failures import say_nothing, unusable
from tetra_es_projections.queries.refs import RefLookup
from tetra_es_projections.queries.views import Views
from tetra_es_projections.tree import TreeProjector
from tetra_es_projections.views.commits import Commits
from tetra_es_projections.views.database import (
    FILES,
    LATER,
    MIRROR,
    VIEWS,
    discard,
    open_views,
    open_views_reading,
    progress,
)
from tetra_es_projections.views.database import unusable as unusable_views
from tetra_es_projections.views.projection import apply_to_views
from tetra_es_projections.working_files import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self, TypeAlias

    from tetra_es.layout import OrgLayout
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.mirror.projection import Mirror
    from tetra_es_projections.mirror.remotes import Remotes

    Progress: TypeAlias = Callable[[str, int, int], None]
    """Called with what is being done, how far it is, and how far it goes."""


class Projections:
    """Everything derived from one store. Use as a context manager."""

    def __init__(
        self,
        layout: OrgLayout,
        log: Replica,
        git: Git,
        *,
        reading: bool = False,
        warn: Warn = say_nothing,
    ) -> None:
        """Open them; `reading` is for looking alone, where nothing can or shall be written.

        `warn` is told what people have to know, and a hint.
        """
        self.layout = layout
        self.log = log
        self._git = git
        self._warn = warn
        self._open(reading=reading)
        self.refs = RefLookup(layout.views)

    def _open(self, *, reading: bool = False) -> None:
        """Open the views, and the files that they keep track of."""
        path = self.layout.views
        self._connection = (open_views_reading if reading else open_views)(path)
        self._file = file_identity(path)
        self.files = Files(self.layout.root, self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    def serving_hosts(self, environment: str) -> list[str]:
        """Return the hosts that an environment runs on, by what was recorded; not this machine."""
        with self._errors(), Views(self.layout.views) as views:
            return views.serving_hosts(environment)

    def catch_up(self, report: Progress | None = None) -> None:
        """Take in every event that is missing anywhere.

        Raises `IntegrityFailure` when a projection has events that the store has not.
        """
        if file_identity(self.layout.views) != self._file:  # another command has rebuilt them
            self._connection.close()
            self._open()
        last = self.log.last_position()
        with self._errors():
            self._check_not_ahead(last)
            self._views(last, report)
            self._files(last)
            self._mirror(last, report)

    def rebuild(self, *, force: bool = False, report: Progress | None = None) -> list[str]:
        """Throw everything derived away and build it again from the events.

        Returns the paths of hand-made files that were kept aside. What people committed in the
        mirror is kept there. Raises `Refused` when a generated file was changed by hand and
        `force` is not given, `IntegrityFailure` when the mirror has more than the store: it may
        be the only proof, or copy, of what was lost.
        """
        mirror = self._open_mirror()
        mirror.recover()
        if lost := self.lost_events():
            raise IntegrityFailure(lost, hint=RESTORE_HINT)
        BodiesOf(self.log).check_nothing_lost()
        mirror.position()  # refuses what is not a mirror
        kept = self._set_drift_aside(force=force)
        self._connection.close()
        discard(self.layout.views)
        self._open()
        last = self.log.last_position()
        with self._errors():
            self._views(last, report)
            self._files(last)
            self._mirror(last, report, again=True)
        return kept

    def lost_events(self) -> str | None:
        """Return a sentence where mirror or views have events that the store no longer has.

        A store that was cut short, or put back from an older copy, shows in nothing else.
        """
        last = self.log.last_position()
        for what, position in reached(self.layout, self._git, self._connection).items():
            if position > last:
                return (
                    f"event #{last + 1} is lost: {what} to #{position}, the store ends at #{last}"
                )
        return None

    def kept_for_people(self) -> list[str]:
        """Return the branches of the mirror that keep what people committed in it."""
        from tetra_es_projections.mirror.refs import all_refs, found_in

        try:
            return found_in(all_refs(self.layout.mirror))
        except OSError as error:
            raise unusable(self.layout.mirror, error) from error

    def differences(self, report: Progress | None = None) -> list[str]:
        """Return what differs from the events, a sentence each; an empty list when nothing does.

        Edits by hand that are not recorded yet do not count: a person is at work on them.
        """
        if lost := self.lost_events():
            return [lost]  # what else differs follows from it
        return [*stored_differences(self.layout, self.log, report), *self._mirror_differs(report)]

    def _mirror_differs(self, report: Progress | None) -> list[str]:
        """Return how the mirror differs from the events."""
        from tetra_es_projections.mirror.check import differences

        last = self.log.last_position()

        def step(done: int) -> None:
            if report:
                report("mirror", done, last)

        mirror = self._open_mirror()
        return differences(
            mirror, self.log, step, TreeProjector.at(self.log, 0)
        ) or self._listed_commits(mirror)

    def _listed_commits(self, mirror: Mirror) -> list[str]:
        """Return how the views' list of commits differs from those of a sound mirror."""
        try:
            if progress(self._connection, MIRROR) == 0:
                return []
            listed = dict(self._connection.execute("SELECT position, id FROM commits").fetchall())
        except sqlite3.Error as error:
            return [f"store/views.db: cannot be read: {error}"]
        actual = dict(mirror.commits())
        wrong = min((position for position, _ in listed.items() ^ actual.items()), default=None)
        if wrong is None:
            return []
        return [f"store/views.db: commits differ from the mirror, first at #{wrong}"]

    def _set_drift_aside(self, *, force: bool) -> list[str]:
        drifted = [
            change.path
            for change in self.files.changed()
            if not change.missing and not is_edited(change.path)
        ]
        if drifted and not force:
            raise Refused(
                f"changed by hand: {', '.join(drifted)}",
                hint="--force keeps a copy of them and puts the recorded content in place",
            )
        stamp = f"at-{self.log.last_position()}"
        return [self.files.back_up(path, stamp) for path in drifted]

    def _views(self, last: int, report: Progress | None) -> None:
        position = progress(self._connection, VIEWS)
        for batch in _batches(self.log.records(position, last)):
            apply_to_views(self._connection, self.log, batch)
            if report:
                report("views", batch[-1].position, last)

    def _files(self, last: int) -> None:
        position = progress(self._connection, FILES)
        if position < last:
            content = TreeProjector.at(self.log, position)
            self.files.apply(self.log.records(position, last), content, last)

    def _mirror(self, last: int, report: Progress | None, *, again: bool = False) -> None:
        """Bring the mirror up to the position `last`; `again` builds it from nothing."""
        mirror = self._open_mirror()
        reached = progress(self._connection, MIRROR)
        if reached == last and not again and mirror.is_untouched(last):
            return
        mirror.recover()
        position = mirror.position() if again else self._checked_position(mirror, last)

        def step(done: int) -> None:
            if report:
                report("mirror", done, last)

        # The one event that changes the past: where the purged body was, a tombstone stands.
        purging = self._purges(position, last)
        if again or purging or mirror.must_be_replaced():
            records = self.log.records(0, last)
            commits = mirror.replace(records, TreeProjector.at(self.log, 0), step, purging=purging)
        else:
            records = self.log.records(position, last)
            commits = mirror.apply(records, TreeProjector.at(self.log, position), step)
            commits = self._unlisted(mirror, reached, position, last) or commits
        Commits(self._connection).add(commits, last)

    @staticmethod
    def _checked_position(mirror: Mirror, last: int) -> int:
        """Return how far the mirror goes, having checked that it goes no further than the store."""
        _, position = mirror.head()
        if (newest := max(position, mirror.last_event())) > last:
            raise IntegrityFailure(
                f"the mirror goes to #{newest}, the store only to #{last}", hint=RESTORE_HINT
            )
        return position

    def _unlisted(
        self, mirror: Mirror, reached: int, position: int, last: int
    ) -> list[tuple[int, str]]:
        """Return commits that the views do not know though the mirror had them; often none."""
        if self._purges(reached, last):
            return mirror.commits()  # killed when all of them were new
        _, upto = Commits(self._connection).newest() or (None, 0)
        return mirror.commits(upto) if upto < position else []

    def _purges(self, after: int, upto: int) -> bool:
        """Return whether one of these events destroyed something."""
        return any(self.log.has_topic(topic, after, upto) for topic in purges.TOPICS) and bool(
            purged_by(self.log, after, upto)
        )

    def _open_mirror(self) -> Mirror:
        from tetra_es_projections.mirror.projection import Mirror

        known = Commits(self._connection)
        return Mirror(self.layout.mirror, self._git, known=known, warn=self._warn)

    def _check_not_ahead(self, last: int) -> None:
        position = progress(self._connection, VIEWS)
        if not position:
            return
        stored = self.log.record(position)
        seen = self._connection.execute(
            "SELECT hash FROM events WHERE position = ?", (position,)
        ).fetchone()
        if position > last or stored is None or seen is None or seen[0] != stored.hash.hex():
            raise IntegrityFailure(
                f"the views have an event #{position} that the store does not have",
                hint="the store was replaced or lost events: run `tetra-es verify`",
            )

    @property
    def remotes(self) -> Remotes:
        """The copies of the mirror elsewhere."""
        from tetra_es_projections.mirror.remotes import Remotes

        return Remotes(self.layout.mirror, self._git, self._warn)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise unusable_views(self.layout.views, error, LATER) from error


def reached(layout: OrgLayout, git: Git, views: sqlite3.Connection) -> dict[str, int]:
    """Return the position of the newest event that mirror and views have, 0 for none.

    The keys begin a sentence that the position ends.
    """
    found = {}
    with suppress(TetraEsError):  # what is damaged tells nothing, and is found as that
        found["the mirror goes"] = _mirror_of(layout, git).last_event()
    with suppress(sqlite3.Error):
        found["the views go"] = progress(views, VIEWS)
    return found


def _mirror_of(layout: OrgLayout, git: Git, warn: Warn = say_nothing) -> Mirror:
    from tetra_es_projections.mirror.projection import Mirror

    return Mirror(layout.mirror, git, warn=warn)


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
