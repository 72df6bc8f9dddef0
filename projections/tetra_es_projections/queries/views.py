"""Questions that the views answer. Uses sqlite3 alone: `show` and `history` start with it."""

from __future__ import annotations

import heapq
import sqlite3
from typing import TYPE_CHECKING, Any

from tetra_es.names import LOCALHOST
from tetra_es.store.log import connect_reading
from tetra_es_projections.queries.rows import BlameRow, ChangeRow, EventRow, HostRow, StateRow
from tetra_es_projections.views.schema import foreign_part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self


_EVENT_COLUMNS = (
    "e.position, e.environment, e.revision, e.topic, e.actor, e.time, e.reason, e.hash, e.summary"
)
_EVENT = f"SELECT {_EVENT_COLUMNS} FROM events e"
_STATE = "SELECT environment, revision, position, time, digest, source_revision FROM states"


class Views:
    """The views, for reading. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the views at `path`, which must exist.

        Raises `sqlite3.Error`, also when their tables are not ours: others may tell anything.
        """
        self._connection = connect_reading(path)
        if problem := foreign_part(self._connection):
            self._connection.close()
            raise sqlite3.DatabaseError(problem)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def history(
        self,
        *,
        environment: str | None = None,
        key: str | None = None,
        actor: str | None = None,
        topic: str | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: int = -1,
    ) -> list[EventRow]:
        """Return events, newest first. `key` also matches the keys below it."""
        where, values = _conditions(environment, actor, topic, since, until)
        if key is not None:
            return self._of_key(key, where, values, limit)
        sql = _EVENT + (f" WHERE {' AND '.join(where)}" if where else "")
        rows = self._connection.execute(f"{sql} ORDER BY position DESC LIMIT ?", (*values, limit))
        return [EventRow(*row) for row in rows]

    def _of_key(self, key: str, where: list[str], values: list[Any], limit: int) -> list[EventRow]:
        """Return the events that changed a key or one below it, newest first.

        Each key's changes are read from the newest on, and no further than `limit` asks for.
        """
        conditions = " AND ".join(["c.key = ?", *where])
        sql = (
            f"SELECT {_EVENT_COLUMNS} FROM changes c "
            "CROSS JOIN events e ON e.position = c.position "
            f"WHERE {conditions} ORDER BY c.position DESC"
        )
        cursors = [self._connection.execute(sql, (one, *values)) for one in self._keys_at(key)]
        found: list[EventRow] = []
        for row in heapq.merge(*cursors, key=lambda row: -row[0]):
            if len(found) == limit:
                break
            if not found or found[-1].event != row[0]:  # several keys, or one in several files
                found.append(EventRow(*row))
        return found

    def _keys_at(self, key: str) -> list[str]:
        """Return a key, and those below it, that were ever changed."""
        # The half-open ranges hold exactly the keys that continue with '.' or '['.
        rows = self._connection.execute(
            "SELECT key FROM latest WHERE key = ?1 UNION "
            "SELECT key FROM latest WHERE key >= ?1 || '.' AND key < ?1 || '/' UNION "
            "SELECT key FROM latest WHERE key >= ?1 || '[' AND key < ?1 || ''",
            (key,),
        )
        return [row[0] for row in rows]

    def event(self, position: int) -> EventRow | None:
        """Return one event's line."""
        row = self._connection.execute(f"{_EVENT} WHERE position = ?", (position,)).fetchone()
        return EventRow(*row) if row else None

    def changes(self, position: int, *, key: str | None = None) -> list[ChangeRow]:
        """Return the changes that an event made by key, of one key where `key` is given."""
        sql = "SELECT position, key, before, after FROM changes WHERE position = ?"
        values: list[Any] = [position]
        if key is not None:
            sql, values = f"{sql} AND key = ?", [position, key]
        return [ChangeRow(*row) for row in self._connection.execute(f"{sql} ORDER BY key", values)]

    def state(self, environment: str, position: int | None = None) -> StateRow | None:
        """Return the state of an environment at a position, the newest without one."""
        row = self._connection.execute(
            f"{_STATE} WHERE environment = ? AND position <= ? ORDER BY position DESC LIMIT 1",
            (environment, 2**62 if position is None else position),
        ).fetchone()
        return StateRow(*row) if row else None

    def is_state(self, position: int) -> bool:
        """Return whether an event gave an environment a new state."""
        row = self._connection.execute("SELECT 1 FROM states WHERE position = ?", (position,))
        return row.fetchone() is not None

    def hosts(self) -> list[HostRow]:
        """Return the hosts that anything was deployed to, by environment and host."""
        rows = self._connection.execute(
            "SELECT environment, host, serving, since, position, deployment, revision, outcome "
            "FROM targets ORDER BY environment, host"
        )
        return [HostRow(*row) for row in rows]

    def serving_hosts(self, environment: str) -> list[str]:
        """Return the hosts that an environment runs on, by name; not this machine itself."""
        rows = self._connection.execute(
            "SELECT host FROM targets WHERE environment = ? AND serving > 0 AND host != ? "
            "ORDER BY host",
            (environment, LOCALHOST),
        )
        return [row[0] for row in rows]

    def newest_of_file(self, file: str) -> int | None:
        """Return the position of the newest event that changed a file, named as in `changes`."""
        row = self._connection.execute(
            "SELECT max(position) FROM latest WHERE file = ?", (file,)
        ).fetchone()
        return row[0] if row else None

    def environments(self) -> list[str]:
        """Return the environments that ever had a state, by name."""
        # From one name to the next in the index: DISTINCT would read every state.
        rows = self._connection.execute(
            "WITH RECURSIVE names(name) AS (SELECT min(environment) FROM states UNION ALL "
            "SELECT (SELECT min(environment) FROM states WHERE environment > name) FROM names "
            "WHERE name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL"
        )
        return [row[0] for row in rows]

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

    def of_topics(self, topics: Sequence[str], upto: int) -> list[int]:
        """Return the positions of the events of these types up to a position, in order."""
        found: list[int] = []
        for topic in topics:
            sql = "SELECT position FROM events WHERE topic = ? AND position <= ?"
            found += [row[0] for row in self._connection.execute(sql, (topic, upto))]
        return sorted(found)

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

    def all_keys(self, file: str | None = None) -> list[str]:
        """Return every key that was ever changed, in one file where it is given."""
        sql = "SELECT DISTINCT key FROM latest WHERE ?1 IS NULL OR file = ?1 ORDER BY key"
        return [row[0] for row in self._connection.execute(sql, (file,))]

    def commit(self, position: int) -> str | None:
        """Return the mirror's commit of an event."""
        row = self._connection.execute(
            "SELECT id FROM commits WHERE position = ?", (position,)
        ).fetchone()
        return row[0] if row else None

    def file_digests(self) -> dict[str, str]:
        """Return path to digest of the files as projected last."""
        return dict(self._connection.execute("SELECT path, digest FROM files").fetchall())

    def reached(self) -> int:
        """Return the position that all projections have reached."""
        row = self._connection.execute(
            "SELECT coalesce(min(position), 0), count(*) FROM progress"
        ).fetchone()
        return int(row[0]) if row[1] == 3 else 0

    def last_position(self) -> int:
        """Return the position of the newest event, 0 where there is none."""
        row = self._connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
        return int(row[0])

    def position_of_revision(self, environment: str, revision: int) -> int | None:
        """Return the position of the event that made a revision, None where there is none."""
        row = self._connection.execute(
            "SELECT position FROM states WHERE environment = ? AND revision = ?",
            (environment, revision),
        ).fetchone()
        return int(row[0]) if row else None

    def newest_at(self, moment: str, environment: str | None) -> int | None:
        """Return the newest event at or before a time; the newest state of an environment."""
        sql = "SELECT max(position) FROM events WHERE time <= ?"
        values: tuple[str, ...] = (moment,)
        if environment is not None:
            sql = "SELECT max(position) FROM states WHERE time <= ? AND environment = ?"
            values = (moment, environment)
        row = self._connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def first_time(self, environment: str) -> str | None:
        """Return the time of an environment's first state, None where it has none."""
        row = self._connection.execute(
            "SELECT min(time) FROM states WHERE environment = ?", (environment,)
        ).fetchone()
        return row[0] if row else None

    def positions_of_commits(self, prefix: str) -> list[int]:
        """Return the events whose commits' ids begin with `prefix`, two at the most."""
        rows = self._connection.execute(
            "SELECT position FROM commits WHERE id >= ? AND id < ? LIMIT 2", (prefix, prefix + "g")
        )
        return [row[0] for row in rows]


def _conditions(
    environment: str | None,
    actor: str | None,
    topic: str | None,
    since: str | None,
    until: str | None,
) -> tuple[list[str], list[Any]]:
    wanted: Sequence[tuple[str, str | None]] = (
        ("e.environment = ?", environment),
        ("e.actor = ?", actor),
        ("(e.topic = ? OR e.topic LIKE ? || '.%' ESCAPE '!')", topic),
        ("e.time >= ?", since),
        ("e.time <= ?", until),
    )
    where = [condition for condition, value in wanted if value is not None]
    values = [
        value
        for condition, value in wanted
        if value is not None
        for _ in range(condition.count("?"))
    ]
    return where, values
