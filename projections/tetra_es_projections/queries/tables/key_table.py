"""Present keys of files, and the events that gave them their values, in the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_projections.queries.rows import BlameRow

if TYPE_CHECKING:
    import sqlite3


class KeyTable:
    """Questions about the keys of files; files are named as in `changes`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def blame(self, file: str, key: str | None = None) -> list[BlameRow]:
        """Return, for each present key of a file, the event that gave it its value."""
        rows = self._connection.execute(
            "SELECT l.key, l.after, e.revision, l.position, e.actor, e.time, e.reason "
            "FROM latest l CROSS JOIN events e ON e.position = l.position "
            "WHERE l.file = ? AND l.after IS NOT NULL ORDER BY l.key",
            (file,),
        )
        below = (f"{key}.", f"{key}[")
        return [
            row
            for row in map(BlameRow._make, rows)
            if key is None or row.key == key or row.key.startswith(below)
        ]

    def names(self, file: str | None = None) -> list[str]:
        """Return every key that was ever changed, in one file where it is given."""
        sql = "SELECT DISTINCT key FROM latest WHERE :file IS NULL OR file = :file ORDER BY key"
        return [row[0] for row in self._connection.execute(sql, {"file": file})]

    def newest_change(self, file: str) -> int | None:
        """Return the position of the newest event that changed a file, named as in `changes`."""
        row = self._connection.execute(
            "SELECT max(position) FROM latest WHERE file = ?", (file,)
        ).fetchone()
        return row[0] if row else None
