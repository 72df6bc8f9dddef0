"""What there is to look at in events, in the views."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from tetra_es_projections.views.findings import COUNT


class NotedRow(NamedTuple):
    """Something that was noted of an event."""

    event: int
    environment: str | None
    summary: str
    what: str


class FindingTable:
    """Questions about what was noted of events."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, kind: str, upto: int, skipped: int = 0) -> Iterator[NotedRow]:
        """Yield the notes of a kind up to a position, oldest first; read as they are taken."""
        rows = self._connection.execute(
            "SELECT f.position, e.environment, e.summary, f.what FROM findings f "
            "CROSS JOIN events e ON e.position = f.position "
            "WHERE f.kind = ? AND f.position <= ? ORDER BY f.position LIMIT -1 OFFSET ?",
            (kind, upto, skipped),
        )
        return map(NotedRow._make, rows)

    def count(self, kind: str, upto: int | None = None) -> int:
        """Return how many notes of a kind there are, now or up to a position."""
        if upto is None:
            found = self._connection.execute(
                "SELECT value FROM standing WHERE name = ?", (COUNT + kind,)
            )
        else:
            found = self._connection.execute(
                "SELECT count(*) FROM findings WHERE kind = ? AND position <= ?", (kind, upto)
            )
        row = found.fetchone()
        return int(row[0]) if row else 0
