"""Revisions of the manifest and of profiles in the views; those of environments are states."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3

from tetra_es_projections.queries.tables.event_table import EDITS
from tetra_es_projections.queries.tables.state_table import StateRow


class EditedTable:
    """Questions about the revisions of such a file, as `StateTable` answers of environments."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, file: str, position: int | None = None) -> StateRow | None:
        """Return the revision of a file at a position, the newest without one."""
        return self._of(file, "position <= ?", 2**62 if position is None else position)

    def position_of_revision(self, file: str, revision: int) -> int | None:
        """Return the position of the event that made a revision, None where there is none."""
        found = self._of(file, "coalesce(revision, 1) = ?", revision)
        return found.position if found else None

    def end_of(self, file: str, position: int) -> int:
        """Return the last position at which the revision of the event at `position` was present."""
        kind, _, environment = file.partition(" ")
        topics = EDITS[kind]
        row = self._connection.execute(
            "SELECT coalesce((SELECT min(position) - 1 FROM events "
            f"WHERE topic IN ({','.join('?' * len(topics))}) AND void IS NULL "
            "AND environment IS ? AND position > ?), (SELECT max(position) FROM events))",
            (*topics, environment or None, position),
        ).fetchone()
        return int(row[0])

    def first_time(self, file: str) -> str | None:
        """Return the time of a file's first revision, None where it has none."""
        found = self._of(file, "coalesce(revision, 1) = ?", 1)
        return found.time if found else None

    def profiles(self) -> list[str]:
        """Return the environments whose profiles were ever edited, by name."""
        rows = self._connection.execute(
            "SELECT DISTINCT environment FROM events WHERE topic = 'profile.edited' "
            "AND void IS NULL ORDER BY environment"
        )
        return [row[0] for row in rows]

    def _of(self, file: str, condition: str, value: object) -> StateRow | None:
        """Return the newest revision of a file that meets a condition."""
        kind, _, environment = file.partition(" ")
        topics = EDITS[kind]
        row = self._connection.execute(
            "SELECT max(position), coalesce(revision, 1), time FROM events "
            f"WHERE topic IN ({','.join('?' * len(topics))}) AND void IS NULL "
            f"AND environment IS ? AND {condition}",
            (*topics, environment or None, value),
        ).fetchone()
        return None if row[0] is None else StateRow(file, row[1], row[0], row[2], None)
