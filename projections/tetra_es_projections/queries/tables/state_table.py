"""States of environments in the views."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
from typing import NamedTuple

_STATE = "SELECT environment, revision, position, time, source_revision FROM states"


class StateRow(NamedTuple):
    """One state of an environment."""

    environment: str
    revision: int
    position: int
    time: str
    source_revision: int | None


class StateTable:
    """Questions about the states that environments had."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, environment: str, position: int | None = None) -> StateRow | None:
        """Return the state of an environment at a position, the newest without one."""
        row = self._connection.execute(
            f"{_STATE} WHERE environment = ? AND position <= ? ORDER BY position DESC LIMIT 1",
            (environment, 2**62 if position is None else position),
        ).fetchone()
        return StateRow(*row) if row else None

    def is_state(self, position: int) -> bool:
        """Return whether an event gave an environment a new state."""
        row = self._connection.execute(
            "SELECT 1 FROM events e CROSS JOIN states s ON s.environment = e.environment "
            "AND s.position = e.position WHERE e.position = ?",
            (position,),
        )
        return row.fetchone() is not None

    def revisions(self, environment: str) -> list[StateRow]:
        """Return the states of an environment, newest first."""
        rows = self._connection.execute(
            f"{_STATE} WHERE environment = ? ORDER BY revision DESC", (environment,)
        )
        return [StateRow(*row) for row in rows]

    def end_of(self, environment: str, position: int) -> int:
        """Return the last position at which the state of the event at `position` was present."""
        row = self._connection.execute(
            "SELECT coalesce((SELECT min(position) - 1 FROM states"
            " WHERE environment = ? AND position > ?), (SELECT max(position) FROM events))",
            (environment, position),
        ).fetchone()
        return int(row[0])

    def environments(self) -> list[str]:
        """Return the environments that ever had a state, by name."""
        # From one name to the next in the index: DISTINCT would read every state.
        rows = self._connection.execute(
            "WITH RECURSIVE names(name) AS (SELECT min(environment) FROM states UNION ALL "
            "SELECT (SELECT min(environment) FROM states WHERE environment > name) FROM names "
            "WHERE name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL"
        )
        return [row[0] for row in rows]

    def position_of_revision(self, environment: str, revision: int) -> int | None:
        """Return the position of the event that made a revision, None where there is none."""
        row = self._connection.execute(
            "SELECT position FROM states WHERE environment = ? AND revision = ?",
            (environment, revision),
        ).fetchone()
        return int(row[0]) if row else None

    def first_time(self, environment: str) -> str | None:
        """Return the time of an environment's first state, None where it has none."""
        row = self._connection.execute(
            "SELECT min(time) FROM states WHERE environment = ?", (environment,)
        ).fetchone()
        return row[0] if row else None
