"""Events as they are admitted, for a program that keeps the position of the last one it took."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError, Unavailable
from tetra_es.events.config import OrganizationCreated
from tetra_es.gate.opening import stop
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.store.replica import open_replica
from tetra_es_projections.evidence.tables import change_rows, event_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.admission import Admission
    from tetra_es.layout import OrgLayout
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica

_AT_ONCE: Final = 500
"""Events that are read before the first of them is handed over."""
_AT_ONCE_WITH_CHANGES: Final = 20
"""The same where each may have changed thousands of keys."""
_PATIENCE: Final = 5.0
"""Seconds after which the file is opened again: another one may have come into its place."""
_PAUSE: Final = 1.0
"""Seconds to wait where there are events that do not count."""
_PURGES: Final = 5
"""Times in a row that others may purge what is read, before it is an error."""


def followed(
    layout: OrgLayout,
    admission: Admission,
    after: int,
    taken: str | None = None,
    *,
    environment: str | None = None,
    changes: bool = False,
    wait: bool = True,
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the organization's name with the rows of its next events, as they are admitted.

    `taken` is the hash of the event that it begins `after`, where the caller knows it; each row
    has both as its `cursor`. Every few seconds without an event it yields no rows, so that the
    caller can look around. While the caller has them, nothing is open: nobody waits for one who
    takes them slowly, or never. With an `environment`, it leaves out the rows of events that do
    not concern it; with `changes`, each row has what its event changed by key. Without `wait`,
    it ends with the newest event. Raises `TetraEsError`, `Refused` for an organization of the
    first edition, `IntegrityFailure` where another event is in the place of one that was taken,
    and where what is stored next is refused: nothing after it will ever count.
    """
    purges = 0
    while True:
        try:
            name, rows = _looked(layout, admission, after, taken, changes)
        except Unavailable:  # others purged what was being read; the next look knows of that
            purges += 1
            if purges > _PURGES:
                raise
            continue
        purges = 0
        if not rows and not wait:
            return
        yield name, [row for row in rows if environment in {None, row["environment"]}]
        if rows:
            after, taken = rows[-1]["event"], rows[-1]["hash"]
        else:
            _wait(layout, after)


def _looked(
    layout: OrgLayout, admission: Admission, after: int, taken: str | None, changes: bool
) -> tuple[str, list[dict[str, Any]]]:
    """Return the organization's name with the rows of its next events. Raises as `followed`."""
    with open_replica(layout.store, admission) as log:
        name, rows = _next(log, after, taken, changes)
        if not rows and log.stopped() is not None:
            _end(log)
        if taken and (record := log.record(after)) and record.hash.hex() != taken:
            raise IntegrityFailure(
                f"#{after} is another event than the one that was taken, {taken:.16}…",
                hint="the history was restored or recorded again: follow it from before there",
            )
    return name, rows


def _end(log: Replica) -> None:
    """Raise why what is stored after the newest event does not count."""
    if isinstance(log, AdmittedReplica) and log.opened.stopped is not None:
        raise stop(log.opened.stopped)


def _next(
    log: Replica, after: int, taken: str | None, changes: bool
) -> tuple[str, list[dict[str, Any]]]:
    log.require_events()
    if log.state_folder() is None:
        raise Refused(
            "the organization is one of the first edition",
            hint="`tetra-es upgrade` brings it to the rules of this one",
        )
    last = log.last_position()
    if after > last:
        _check_that_it_was(log, after, taken)
        raise TetraEsError(f"there is no event #{after}", hint=f"the events are #1 to #{last}")
    first = log.event(next(log.records(upto=1)))
    name = first.name if isinstance(first, OrganizationCreated) else ""
    many = _AT_ONCE_WITH_CHANGES if changes else _AT_ONCE
    records = log.records(after, min(last, after + many))
    rows = (event_row(log, record) | _changes(log, record, changes) for record in records)
    return name, [row | {"cursor": f"{row['event']}:{row['hash']}"} for row in rows]


def _check_that_it_was(log: Replica, after: int, taken: str | None) -> None:
    """Raise `IntegrityFailure` where an event that was taken is not there any more, or not yet."""
    if isinstance(log, AdmittedReplica) and after <= log.opened.pins.head.position:
        log.opened.check_complete()
    if taken:
        last = log.last_position()
        raise IntegrityFailure(
            f"#{after} was taken, {taken:.16}…, and the events here are #1 to #{last}",
            hint="an older copy was put back, or this one has yet to take over what is newer",
        )


def _changes(log: Replica, record: Record, wanted: bool) -> dict[str, Any]:
    """Return what an event changed by key, where that is wanted; null for what was purged."""
    if not wanted:
        return {}
    found = list(change_rows(log, record))
    if any(row["key"] is None for row in found):
        return {"changes": None}
    names = ("file", "key", "before", "after")
    return {"changes": [{name: row[name] for name in names} for row in found]}


def _wait(layout: OrgLayout, after: int) -> None:
    """Wait until there are events after a position, or for a while."""
    log = SqliteLog(layout.store)
    try:
        if log.head().position > after:
            sleep(_PAUSE)  # they do not count, or others were quicker: do not ask all the time
        else:
            log.wait(after, _PATIENCE)
    finally:
        log.close()
