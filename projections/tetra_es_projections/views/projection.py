"""Write the query views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.events.base import environment_of, revision_of
from tetra_es.events.config import EnvironmentState, source_revision_of
from tetra_es.events.told import time_in, told
from tetra_es.log import canonical
from tetra_es_projections.bodies import known_event
from tetra_es_projections.descriptions import summary_of_known, summary_of_void
from tetra_es_projections.views.changes import Changes
from tetra_es_projections.views.database import VIEWS, set_progress
from tetra_es_projections.views.findings import Findings
from tetra_es_projections.views.hosts import take_in
from tetra_es_projections.views.timeline import Timeline
from tetra_es_projections.views.trigrams import Trigrams

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable

    from tetra_es.events.base import Event
    from tetra_es.log.counting import Counted
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica


_TIME, _REASON, _SUMMARY = 6, 9, 11
"""Columns of an event's row."""


def apply_to_views(connection: sqlite3.Connection, log: Replica, records: Iterable[Record]) -> None:
    """Take in events of a log, in one transaction; the views are at the last one afterwards."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        findings, trigrams = Findings(connection, log), Trigrams(connection)
        position, changes = 0, Changes(connection)
        timeline = Timeline(connection, log)
        for record in records:
            position = record.position
            if reason := log.void(position):
                counted = timeline.take(record)
                row = _void_row(record, reason, counted)
                _insert(connection, "events", row)
                findings.take_in(record, row[_TIME], counted, None)
                trigrams.take_in(position, (row[_REASON], row[_SUMMARY]))
                continue
            event, purged = known_event(log, record)
            counted = timeline.take(record)
            findings.take_in(record, time_in(event.timestamp), counted, event)
            part_of = take_in(connection, position, event)
            row = (*_event_row(record, event, purged, counted), part_of)
            _insert(connection, "events", row)
            if isinstance(event, EnvironmentState):
                _insert(connection, "states", _state_row(position, event))
            values = changes.take_in(position, event, purged)
            trigrams.take_in(position, (row[_REASON], row[_SUMMARY]), values)
        if position:
            findings.write()
            trigrams.write()
            timeline.keep()
            set_progress(connection, VIEWS, position)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise


def _insert(connection: sqlite3.Connection, table: str, row: tuple[Any, ...]) -> None:
    marks = ",".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)


def _event_row(
    record: Record, event: Event, purged: Container[str], counted: Counted
) -> tuple[Any, ...]:
    return (
        record.position,
        record.stream,
        environment_of(event),
        revision_of(event),
        record.topic,
        event.metadata["actor"],
        time_in(event.timestamp),
        counted.time,
        counted.since,
        event.metadata["reason"],
        record.hash,
        summary_of_known(event, purged),
        None,
    )


def _void_row(record: Record, reason: str, counted: Counted) -> tuple[Any, ...]:
    """Return the row of an event of which only that is lawful which makes it one."""
    said = told(canonical.decode(record.state))
    return (
        record.position,
        record.stream,
        said.environment,
        None,
        record.topic,
        said.actor,
        said.time,
        counted.time,
        counted.since,
        said.reason,
        record.hash,
        f"{summary_of_void(record.topic)} ({reason})",
        reason,
        None,
    )


def _state_row(position: int, event: EnvironmentState) -> tuple[Any, ...]:
    return (
        event.environment,
        event.revision,
        position,
        time_in(event.timestamp),
        source_revision_of(event),
    )
