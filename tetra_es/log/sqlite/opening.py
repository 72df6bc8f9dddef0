"""The checks of the log's file when it is opened: everything that is quick to see.

The reader goes through SQLite's schema. So a view in the place of a table, a dropped trigger or a
row before the first position would make two readers see different events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.errors import RESTORE_HINT, IntegrityFailure, TetraEsError, Unfounded
from tetra_es.log.sqlite.schema import APPLICATION_ID, SCHEMA, VERSION
from tetra_es.log.sqlite.statements import difference, is_known, note_known

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


HINT: Final = RESTORE_HINT

FIRST_EDITION: Final = 1


class FirstEdition(TetraEsError):
    """The file is a store of the first edition: it can be read, and not be written."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was made by the first edition",
            hint="`tetra-es upgrade` brings it to today's rules",
        )


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not as tetra-es makes and keeps it.

    Raises `Unfounded` for one without tables, `FirstEdition` for an old one, `TetraEsError` for
    one of a newer version, `IntegrityFailure` for everything else.
    """
    connection.execute("BEGIN")  # all that follows is of one moment
    try:
        if not is_known(connection):
            parts = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
            _check_version(connection, path, is_empty=not parts)
            if problem := difference(SCHEMA, parts):
                raise IntegrityFailure(f"{path} was changed: {problem}", hint=HINT)
            note_known(connection)
        lowest = connection.execute("SELECT min(position) FROM events").fetchone()[0]
        if lowest not in (None, 1):
            problem = "positions begin at 1" if lowest < 1 else "the events before are missing"
            raise IntegrityFailure(f"event #{lowest}: {problem}", hint=HINT)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _check_version(connection: sqlite3.Connection, path: Path, *, is_empty: bool) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if application != APPLICATION_ID:
        if is_empty:
            raise Unfounded(f"{path} is empty")
        raise IntegrityFailure(f"{path} is not a tetra-es store", hint=HINT)
    if version > VERSION:
        raise TetraEsError(
            f"{path} was written by a newer tetra-es (store version {version}, "
            f"this one knows {VERSION})",
            hint="upgrade tetra-es",
        )
    if version <= FIRST_EDITION:
        raise FirstEdition(path)
