"""A store that is filled from a copy, and admitted, before it gets its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import IntegrityFailure
from tetra_es.events.form.check import FIRST_EDITION, rules_of
from tetra_es.gate.gate import Gate
from tetra_es.gate.verdicts import Kind
from tetra_es.log import canonical
from tetra_es.log.port import Unfit
from tetra_es.log.sqlite.engine import AppendableSqliteLog, create
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.store import first_edition_file
from tetra_es.store.copies import open_stored

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.gate.state import State
    from tetra_es.log.record import Record
    from tetra_es.usecases.ports import CopiedEvent, HistoryCopy, Report

_AT_ONCE: Final = 200
"""Events in a transaction."""

HINT: Final = "get another copy; nothing was restored"


class Admitted(NamedTuple):
    """What the gate said of a copy."""

    state: State
    hashes: list[bytes]
    """Of all events, in order."""


def fill(copy: HistoryCopy, path: Path) -> None:
    """Make a store at `path` with the events of a copy and the bodies that it has of them.

    It is of the edition that the events are of. Raises `TetraEsError`, `IntegrityFailure` where
    something in it was never an event.
    """
    try:
        _fill(copy, path)
    except IntegrityFailure as error:
        raise IntegrityFailure(error.message, hint=HINT) from error


def _fill(copy: HistoryCopy, path: Path) -> None:
    if all(map(_is_old, copy.records())):
        first_edition_file.write(path, copy.events())
        return
    create(path)
    with AppendableSqliteLog(path) as log:
        batch: list[CopiedEvent] = []
        for event in copy.events():
            batch.append(event)
            # Of a batch, the last event alone may be signed.
            if len(batch) >= _AT_ONCE and event.record.signature:
                _append(log, batch)
                batch = []
        if batch:
            _append(log, batch)


def admit(path: Path, report: Report | None = None) -> Admitted:
    """Admit all that is in a store, from the start, and destroy what was purged.

    Raises `IntegrityFailure` where an event is refused, or the history does not end as a whole.
    """
    with open_stored(path) as log:
        last, gate, hashes = log.head().position, Gate(log), []
        for verdict in gate.admit(log.records()):
            if not verdict.admitted:
                raise _rejected(verdict.record, verdict.what, unknown=verdict.kind is Kind.UNKNOWN)
            hashes.append(verdict.record.hash)
            if report:
                report("admit", len(hashes), last)
        if not gate.firm or len(hashes) != last:
            raise IntegrityFailure(f"event #{len(hashes) + 1} is missing in the copy", hint=HINT)
        is_new = isinstance(log, SqliteLog)
    if purged := gate.state.purged.keys():
        if is_new:
            with AppendableSqliteLog(path) as appendable:
                appendable.purge(purged)
        else:
            first_edition_file.destroy(path, purged)
    return Admitted(gate.state, hashes)


def _append(log: AppendableSqliteLog, batch: list[CopiedEvent]) -> None:
    found = {digest: body for event in batch for digest, body in event.bodies.items()}
    bodies = [body for body in found.values() if body is not None]
    records = [event.record for event in batch]
    try:
        log.append(log.head(), records, bodies=bodies)
    except Unfit as error:
        place = f"events #{records[0].position} to #{records[-1].position}"
        message = error.message if "#" in error.message else f"{place}: {error.message}"
        raise IntegrityFailure(message) from error


def _is_old(record: Record) -> bool:
    try:
        return rules_of(canonical.decode(record.state)) == FIRST_EDITION
    except ValueError as error:
        raise _rejected(record, str(error)) from error


def _rejected(record: Record, what: str, *, unknown: bool = False) -> IntegrityFailure:
    if unknown:
        return IntegrityFailure(
            f"event #{record.position} was recorded by a newer tetra-es: {what}",
            hint="upgrade tetra-es; nothing was restored",
        )
    return IntegrityFailure(f"event #{record.position} is refused: {what}", hint=HINT)
