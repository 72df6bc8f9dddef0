"""Stores that are refused when they are opened: all that is wrong and quick to see.

Commands read through SQLite's schema, and each table through the index that suits the question. So
a view in the place of a table, a dropped trigger or a row outside of the positions would show them
something else than what is verified. What takes longer to find, `verify` looks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import RESTORE_HINT, IntegrityFailure, TetraEsError, Unfounded
from tetra_es.log.sqlite.statements import difference
from tetra_es.store.schema import (
    APPLICATION_ID,
    LATER,
    SCHEMA,
    SNAPSHOTS,
    STORE_VERSION,
)

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


HINT: Final = RESTORE_HINT

_ENDS: Final = """
SELECT (SELECT coalesce(min(rowid), 1) FROM stored_events),
       (SELECT coalesce(max(rowid), 0) FROM stored_events),
       (SELECT coalesce(min(position), 1) FROM event_proofs),
       (SELECT coalesce(max(position), 0) FROM event_proofs),
       coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'stored_events'), 0)
"""
_NO_EVENTS: Final = (1, 0, 1, 0, 0)


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a store that is not as tetra-es makes and keeps it.

    Raises `Unfounded` for one without tables, `TetraEsError` for one of a newer version,
    `IntegrityFailure` for everything else.
    """
    connection.execute("BEGIN")  # all that follows is of one moment, though others write meanwhile
    try:
        version = _version(connection, path)
        parts = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
        if version is None:
            if parts:
                raise IntegrityFailure(f"{path} is not a tetra-es store", hint=HINT)
            raise Unfounded(f"{path} is empty")
        _check_schema(connection, path, parts)
        if version != STORE_VERSION:
            raise IntegrityFailure(
                f"{path} claims store version {version}, its tables are of {STORE_VERSION}",
                hint=HINT,
            )
        if problem := _problem(connection):
            raise IntegrityFailure(problem, hint=HINT)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection, path: Path) -> int | None:
    """Return the version of a store, None where the file says that it is not a store."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if application != APPLICATION_ID:
        return None
    if version > STORE_VERSION:
        raise TetraEsError(
            f"{path} was written by a newer tetra-es (store version {version}, "
            f"this one knows {STORE_VERSION})",
            hint="upgrade tetra-es",
        )
    return version


def _check_schema(
    connection: sqlite3.Connection, path: Path, parts: list[tuple[str, str, str | None]]
) -> None:
    names = {name for _, name, _ in parts}
    expected = SCHEMA
    if names.isdisjoint(LATER):
        expected = {name: sql for name, sql in SCHEMA.items() if name not in LATER}
    if problem := difference(expected, parts):
        if names == expected.keys() - {SNAPSHOTS} and _ends(connection) == _NO_EVENTS:
            raise Unfounded(f"{path} has no events")
        raise IntegrityFailure(f"{path} was changed: {problem}", hint=HINT)


def _ends(connection: sqlite3.Connection) -> tuple[Any, ...]:
    """Return the first and last event, the first and last proof, and the last number given."""
    return tuple(connection.execute(_ENDS).fetchone())


def _problem(connection: sqlite3.Connection) -> str | None:
    """Return what is wrong with the first or the last event, None when nothing is."""
    first, last, first_proof, last_proof, counter = _ends(connection)
    if (lowest := min(first, first_proof)) < 1:
        return f"event #{lowest}: positions begin at 1"
    if last > last_proof:
        return f"event #{last}: has no proof"
    if last < last_proof:
        return f"event #{last_proof}: is missing, its proof is there"
    if counter != last:
        known = isinstance(counter, int) and counter > last
        return f"event #{last + 1}: is missing" if known else "the counter of events does not match"
    return None
