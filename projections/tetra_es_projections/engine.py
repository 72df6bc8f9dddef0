"""Keep the views, the files and the mirror in step with the events.

The events are appended first, in one transaction; this comes after. Each projection remembers
the position that it has reached, skips what it has, and can be killed at any point: the next
catching up does the rest. Whoever calls `catch_up` or `rebuild` holds the lock.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.events.secrets import SecretPurged
from tetra_es.layout import is_edited
from tetra_es.store.log import BATCH, unreadable
from tetra_es_projections.ciphertexts import check_nothing_lost
from tetra_es_projections.mirror.failures import say_nothing
from tetra_es_projections.queries.refs import RefLookup
from tetra_es_projections.tree import TreeProjector
from tetra_es_projections.views.database import (
    FILES,
    MIRROR,
    VIEWS,
    discard,
    open_views,
    open_views_reading,
    progress,
    set_progress,
)
from tetra_es_projections.views.projection import apply_to_views
from tetra_es_projections.working_files import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self, TypeAlias

    from tetra_es.layout import OrgLayout
    from tetra_es.store.log import EventLog
    from tetra_es.store.record import Record
    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.mirror.projection import Mirror

    Progress: TypeAlias = Callable[[str, int, int], None]
    """Called with what is being done, how far it is, and how far it goes."""


LOST_HINT = "keep everything as it is; restore the store from a backup or from the mirror"


LATER = "the next command makes up for it"


class Projections:
    """Everything derived from one store. Use as a context manager."""

    def __init__(
        self,
        layout: OrgLayout,
        log: EventLog,
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
        self._connection = (open_views_reading if reading else open_views)(layout.views)
        self.files = Files(layout.root, self._connection)
        self.refs = RefLookup(layout.views)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    def catch_up(self, report: Progress | None = None) -> None:
        """Take in every event that is missing anywhere.

        Raises `IntegrityFailure` when a projection has events that the store has not.
        """
        last = self.log.last_position()
        with self._errors():
            self._check_not_ahead(last)
            self._views(last, report)
            self._files(last)
            self._mirror(last, report)

    def rebuild(self, *, force: bool = False, report: Progress | None = None) -> list[str]:
        """Throw everything derived away and build it anew from the events.

        Returns the paths of hand-made files that were kept aside. Raises `Refused` when a
        generated file was changed by hand and `force` is not given, `IntegrityFailure` when the
        mirror has more than the store: it may be the only proof, or copy, of what was lost.
        """
        if lost := self.lost_events():
            raise IntegrityFailure(lost, hint=LOST_HINT)
        check_nothing_lost(self.log)
        mirror = self._open_mirror()
        self._check_foreign_commits(mirror, force=force)
        kept = self._set_drift_aside(force=force)
        self._connection.close()
        discard(self.layout.views)
        self._connection = open_views(self.layout.views)
        self.files = Files(self.layout.root, self._connection)
        mirror.discard()
        self.catch_up(report)
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

    def check_mirror(self, report: Progress | None = None) -> list[str]:
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

    @staticmethod
    def _check_foreign_commits(mirror: Mirror, *, force: bool) -> None:
        """Refuse to throw somebody else's commits away, unless told to."""
        if force:
            return
        try:
            mirror.head()
        except Refused as error:
            raise Refused(
                error.message, hint="push it elsewhere if you need it; --force throws it away"
            ) from error
        except TetraEsError:
            return  # a damaged mirror is what rebuilding is for

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
            apply_to_views(self._connection, batch)
            if report:
                report("views", batch[-1].position, last)

    def _files(self, last: int) -> None:
        position = progress(self._connection, FILES)
        if position < last:
            content = TreeProjector.at(self.log, position)
            self.files.apply(self.log.records(position, last), content, last)

    def _mirror(self, last: int, report: Progress | None) -> None:
        if progress(self._connection, MIRROR) == last and self.layout.mirror.exists():
            return
        mirror = self._open_mirror()
        _, position = mirror.head(self._position_of_commit)
        if position > last:
            raise IntegrityFailure(
                f"the mirror goes to #{position}, the store only to #{last}", hint=LOST_HINT
            )
        if self.log.has_topic(SecretPurged.TOPIC, position, last):
            # The one event that changes the past: where the purged file was, a tombstone stands.
            # The old ids are forgotten first: once the new commits are there, nothing tells a
            # command that comes after a killed one that those in the views are not theirs.
            self._connection.execute("DELETE FROM commits")
            mirror.discard()
            position = 0
        content = TreeProjector.at(self.log, position)

        def step(done: int) -> None:
            if report:
                report("mirror", done, last)

        commits = mirror.apply(self.log.records(position, last), content, step)
        listed = self._connection.execute("SELECT coalesce(max(position), 0) FROM commits")
        if (upto := listed.fetchone()[0]) < position:
            commits = mirror.commits(upto)  # views that were made anew do not know the older ones
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT INTO commits VALUES (?, ?) "
            "ON CONFLICT (position) DO UPDATE SET id = excluded.id",
            commits,
        )
        set_progress(self._connection, MIRROR, last)
        self._connection.execute("COMMIT")

    def _open_mirror(self) -> Mirror:
        return _mirror_of(self.layout, self._git, self._warn)

    def _position_of_commit(self, commit: str) -> int | None:
        row = self._connection.execute(
            "SELECT position FROM commits WHERE id = ?", (commit,)
        ).fetchone()
        return int(row[0]) if row else None

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

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise unreadable(self.layout.views, error, hint=LATER) from error


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
