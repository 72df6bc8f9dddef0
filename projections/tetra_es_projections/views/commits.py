"""The list of the mirror's commits: which event each is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_projections.views.database import MIRROR, set_progress

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class Commits:
    """The commits that the views know."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def position_of(self, commit: str) -> int | None:
        """Return the position of a commit's event, None for a commit that is not known."""
        query = "SELECT position FROM commits WHERE id = ?"
        row = self._connection.execute(query, (bytes.fromhex(commit),)).fetchone()
        return int(row[0]) if row else None

    def newest(self) -> tuple[str, int] | None:
        """Return the newest commit and the position of its event."""
        query = "SELECT lower(hex(id)), position FROM commits ORDER BY position DESC LIMIT 1"
        row = self._connection.execute(query).fetchone()
        return (row[0], int(row[1])) if row else None

    def add(self, commits: Iterable[tuple[int, str]], position: int) -> None:
        """List the commits of events; the mirror is then at `position`."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT INTO commits VALUES (?, ?) "
            "ON CONFLICT (position) DO UPDATE SET id = excluded.id",
            ((at, bytes.fromhex(commit)) for at, commit in commits),
        )
        set_progress(self._connection, MIRROR, position)
        self._connection.execute("COMMIT")
