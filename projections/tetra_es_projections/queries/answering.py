"""Answering many questions in one process, while others record.

Each question is answered as of the newest event that the views have. Nothing is written, nothing
catches up, no lock is taken.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk.identity import file_identity
from tetra_es.disk.lock import is_held
from tetra_es.errors import ASK_LESS, TOO_LONG, IntegrityFailure, TetraEsError, Unavailable
from tetra_es.gate.as_of import GateStates, ReplicaAsOf
from tetra_es.gate.pins.sharing import sharing_of
from tetra_es.log.chain import START, Head
from tetra_es.log.sqlite.kept import KeptConnections
from tetra_es.log.sqlite.upto import LogUpto
from tetra_es_projections.queries.not_now import (
    building,
    foreign,
    missing,
    purging,
    too_old,
    without_event,
)
from tetra_es_projections.queries.reader import Reader
from tetra_es_projections.queries.views import ForeignViews, Views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tetra_es.admission import Admission
    from tetra_es.layout import OrgLayout


class Shared(NamedTuple):
    """Where an organization is shared, as of the last time that somebody asked there."""

    address: str
    """Without a password."""
    asked: str | None
    """When it answered last, None for never."""
    position: int
    """The newest event that it is known to have."""


class Moment(NamedTuple):
    """What an answer is as of."""

    reader: Reader
    organization: str
    position: int
    hash: str
    """Of the newest event, hexadecimal."""
    time: str
    """Of the newest event."""
    since: str
    """Of the first event: the history is complete from then on."""
    mirrored: int
    """The newest event that files and mirror have, too."""
    shared: Shared | None
    stopped: str | None
    """Why what is stored after the newest event does not count; None for nothing."""
    purged: int | None
    """The newest event that purged texts or changes; None where all is there."""


class Answering:
    """Opens readers of one organization. Threads may share it."""

    def __init__(self, layout: OrgLayout, admission: Admission, *, keep: bool = False) -> None:
        """Answer from the files of an organization; `keep` them open for the next answer."""
        self.layout = layout
        self._views, self._store = layout.views, layout.store
        self._admission = admission
        self._states = GateStates()
        self._lock = Lock()
        self._newest = START
        """What was answered from last."""
        self._kept = KeptConnections() if keep else None

    def close(self) -> None:
        """Let go of files that are kept open, as happens soon where nobody asks."""
        if self._kept is not None:
            self._kept.close()

    @contextmanager
    def reading(self, is_over: Callable[[], bool] | None = None) -> Iterator[Moment]:
        """Open a reader as of now; questions to it fail when the time for them `is_over`.

        Raises `Unavailable` where nothing can be answered now or in time, and in the end where
        others purged what may have been read, `IntegrityFailure` where store and views do not
        agree.
        """
        if not self._views.exists():
            raise missing(self.layout, "there are no views yet", "`tetra-es rebuild` builds them")
        file = file_identity(self._views)
        try:
            with Views(self._views, self._kept) as views:
                position = self._position(views)
                if is_over is not None:
                    views.limit_time(is_over)
                log = self._log(position)
                if is_over is not None:
                    log.limit_time(is_over)
                with ReplicaAsOf(log, self._admission, self._states) as replica:
                    self._check_purges(replica)
                    yield self._moment(Reader(self.layout, replica, views, self._admission), log)
                    log.limit_time(lambda: False)  # which is quick, and the answer is there
                    self._check_purges(replica)  # bodies may have gone while they were read
        except sqlite3.Error as error:
            raise self._unusable(error, file, is_over) from error

    def _check_purges(self, replica: ReplicaAsOf) -> None:
        """Raise `Unavailable` where texts were purged after all that is answered from."""
        if purge := replica.purge_after():
            raise purging(self.layout, purge)

    def _position(self, views: Views) -> int:
        """Return the position to answer as of. It never goes back in a process.

        Unless somebody said that an older copy is the right one.
        """
        with self._lock:  # threads look one after the other: no one is behind the one before
            position = views.hold()
            if position < self._newest.position or self._newest == START:
                folder = self._admission.folder()
                if error := too_old(self.layout, folder, self._newest, position):
                    raise error
            if position:
                self._newest = Head(position, views.hash_at(position))
                return position
        raise missing(
            self.layout, "the views have no events", "`tetra-es rebuild` builds them again"
        )

    def _log(self, position: int) -> LogUpto:
        try:
            return LogUpto(self._store, position, self._kept)
        except IntegrityFailure as error:
            raise without_event(self.layout, self._admission.folder()) or error from error
        except TetraEsError as error:  # none there, or one of another edition
            raise Unavailable(error.message, hint=error.hint) from error

    def _moment(self, reader: Reader, log: LogUpto) -> Moment:
        head = log.head()
        events = reader.views.events
        newest, first = events.find(head.position), events.find(1)
        if newest is None or first is None:
            raise Unavailable(
                "the views are not those of the events", hint="`tetra-es rebuild` builds them again"
            )
        return Moment(
            reader,
            self.layout.root.name,
            head.position,
            head.hash.hex(),
            newest.time,
            first.time,
            reader.views.reached(),
            self._shared(reader),
            reader.log.stopped(),
            max(events.of_topics(("bodies.purged",), head.position), default=None),
        )

    def _shared(self, reader: Reader) -> Shared | None:
        state = reader.log.state_folder()
        found = sharing_of(state) if state else None
        if found is None:
            return None
        return Shared(found.without_password, found.asked or None, found.position)

    def _unusable(
        self, error: sqlite3.Error, file: object, is_over: Callable[[], bool] | None
    ) -> Unavailable:
        """Return the error that stands for one of SQLite with the views that were that `file`."""
        if is_over is not None and is_over():
            return Unavailable(TOO_LONG, hint=ASK_LESS)
        if is_held(self.layout.lock) or file_identity(self._views) != file:
            return building()  # or just were: a command replaces what cannot be read
        if isinstance(error, ForeignViews):
            return foreign(str(error))
        from tetra_es_projections.views.database import unusable

        found = unusable(self.layout.views, error)
        return Unavailable(found.message, hint=found.hint)
