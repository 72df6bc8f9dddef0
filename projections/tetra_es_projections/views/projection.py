"""Write the query views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import UsageError
from tetra_es.events.base import environment_of, revision_of
from tetra_es.events.config import (
    EnvironmentState,
    ManifestEdited,
    OrganizationCreated,
    ProfileEdited,
    source_revision_of,
)
from tetra_es.events.secrets import (
    SecretRemoved,
    SecretSet,
    SecretsEvent,
    SecretsRestored,
)
from tetra_es.log import canonical
from tetra_es.names import check_environment
from tetra_es.toml.document import ConfigDocument
from tetra_es_projections.bodies import known_event
from tetra_es_projections.descriptions import summary_of_known, summary_of_void
from tetra_es_projections.views.database import VIEWS, set_progress
from tetra_es_projections.views.findings import Findings
from tetra_es_projections.views.hosts import take_in
from tetra_es_projections.views.trigrams import Trigrams

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable, Iterator

    from tetra_es.events.base import Event
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica

_NEWEST: Final = (
    "INSERT INTO latest (file, key, position, after) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (file, key) DO UPDATE SET position = excluded.position, after = excluded.after"
)
_CHANGE: Final = "INSERT INTO changes SELECT ?, id, ?, ? FROM latest WHERE file = ? AND key = ?"


_TIME, _REASON, _SUMMARY = 6, 7, 9
"""Columns of an event's row."""


def apply_to_views(connection: sqlite3.Connection, log: Replica, records: Iterable[Record]) -> None:
    """Take in events of a log, in one transaction; the views are at the last one afterwards."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        position = 0
        findings, trigrams = Findings(connection, log), Trigrams(connection)
        for record in records:
            position = record.position
            if reason := log.void(position):
                row = _void_row(record, reason)
                _insert(connection, "events", row)
                findings.take_in(record, row[_TIME], None)
                trigrams.take_in(position, (row[_REASON], row[_SUMMARY]))
                continue
            event, purged = known_event(log, record)
            findings.take_in(record, event.timestamp, event)
            part_of = take_in(connection, position, event)
            row = (*_event_row(record, event, purged), part_of)
            _insert(connection, "events", row)
            if isinstance(event, EnvironmentState):
                _insert(connection, "states", _state_row(position, event))
            if "changes" not in purged:
                changed = list(_change_rows(connection, position, event))
            else:
                text_known = "text" not in purged
                changed = list(_known_changes(connection, position, event)) if text_known else []
            connection.executemany(
                _NEWEST, [(file, key, at, after) for file, key, at, _, after in changed]
            )
            connection.executemany(
                _CHANGE,
                [(at, before, after, file, key) for file, key, at, before, after in changed],
            )
            trigrams.take_in(position, (row[_REASON], row[_SUMMARY]), _values(changed))
        if position:
            findings.write()
            trigrams.write()
            set_progress(connection, VIEWS, position)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise


def _values(changed: Iterable[tuple[Any, ...]]) -> Iterator[str | None]:
    """Yield the values before and after changes; of secrets there are versions alone."""
    for file, _, _, *values in changed:
        if not file.startswith("secrets "):
            yield from values


def _insert(connection: sqlite3.Connection, table: str, row: tuple[Any, ...]) -> None:
    marks = ",".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)


def _event_row(record: Record, event: Event, purged: Container[str]) -> tuple[Any, ...]:
    return (
        record.position,
        record.stream,
        environment_of(event),
        revision_of(event),
        record.topic,
        event.metadata["actor"],
        event.timestamp,
        event.metadata["reason"],
        record.hash,
        summary_of_known(event, purged),
        None,
    )


def _void_row(record: Record, reason: str) -> tuple[Any, ...]:
    """Return the row of an event of which only that is lawful which makes it one."""
    state = canonical.decode(record.state)
    metadata = state["metadata"]
    return (
        record.position,
        record.stream,
        _environment_in(state),
        None,
        record.topic,
        metadata["actor"],
        state["timestamp"],
        metadata["reason"],
        record.hash,
        f"{summary_of_void(record.topic)} ({reason})",
        reason,
        None,
    )


def _environment_in(state: dict[str, Any]) -> str | None:
    name = state.get("environment")
    try:
        return check_environment(name) if isinstance(name, str) else None
    except UsageError:
        return None


def _state_row(position: int, event: EnvironmentState) -> tuple[Any, ...]:
    return (
        event.environment,
        event.revision,
        position,
        event.timestamp,
        source_revision_of(event),
    )


def _change_rows(
    connection: sqlite3.Connection, position: int, event: Event
) -> Iterator[tuple[Any, ...]]:
    match event:
        case EnvironmentState():
            file = event.environment
        case ProfileEdited():
            file = f"profile {event.environment}"
        case ManifestEdited() | OrganizationCreated():
            file = "manifest"
        case SecretsEvent():
            file = f"secrets {event.environment}"
            for key, after in _versions(event).items():
                before = _present(connection, file, key)
                if before != after:
                    yield file, key, position, before, after
            return
        case _:
            return
    for path, before, after in event.changes:
        yield file, path, position, before, after


def _known_changes(
    connection: sqlite3.Connection, position: int, event: Event
) -> Iterator[tuple[Any, ...]]:
    """Yield what a text changed against the last that is known, where the changes were purged.

    Which event changed it, and the values that it had in between, are not known any more.
    """
    found = _file_and_text(event)
    if found is None:
        return
    file, text = found
    after = ConfigDocument(file, text).keys
    rows = connection.execute("SELECT key, after FROM latest WHERE file = ?", (file,))
    before = {key: value for key, value in rows if value is not None}
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield file, key, position, before.get(key), after.get(key)


def _file_and_text(event: Event) -> tuple[str, str] | None:
    match event:
        case EnvironmentState():
            return event.environment, event.text
        case ProfileEdited():
            return f"profile {event.environment}", event.text
        case ManifestEdited() | OrganizationCreated():
            return "manifest", event.text
        case _:
            return None


def _versions(event: SecretsEvent) -> dict[str, str | None]:
    """Return key to version, None for none, of the secrets that an event speaks of."""
    match event:
        case SecretSet():
            return {event.key: f"version {event.version}"}
        case SecretRemoved():
            return {event.key: None}
        case SecretsRestored():
            return {
                **dict.fromkeys(event.removed),
                **{str(key): f"version {version}" for key, version, _ in event.secrets},
            }
        case _:
            return {}


def _present(connection: sqlite3.Connection, file: str, key: str) -> str | None:
    """Return the value that a key of a file has by the rows so far."""
    row = connection.execute(
        "SELECT after FROM latest WHERE file = ? AND key = ?", (file, key)
    ).fetchone()
    return row[0] if row else None
