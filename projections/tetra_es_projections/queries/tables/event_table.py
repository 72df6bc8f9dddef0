"""Events, and what they changed, in the views."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tetra_es_projections.queries.tables import counting

if TYPE_CHECKING:
    from tetra_es_projections.queries.tables.key_table import ChangeRow

_EVENT_COLUMNS = (
    "e.position, e.environment, e.revision, e.topic, e.actor, e.time, e.reason, "
    "lower(hex(e.hash)), e.summary, "
    "(SELECT coalesce(p.changes, p.text) FROM purged p WHERE p.position = e.position)"
)
_EVENT = f"SELECT {_EVENT_COLUMNS} FROM events e"


EDITS: Final = {
    "manifest": ("organization.created", "manifest.edited"),
    "profile": ("profile.edited",),
}
"""First word of a file to the events that have its text; those of others are states."""


_PLACES: Final = 100
"""Keys whose changes are read beside each other."""


FAILED: Final = (
    "SELECT position, time FROM events WHERE part_of = ? AND topic = 'deployment.failed' "
    "AND position <= ? ORDER BY position DESC LIMIT 1"
)
"""Where a deployment had failed by some position: the server was reverting it, until its end."""


class EventRow(NamedTuple):
    """One line of the history."""

    event: int
    """Position."""
    environment: str | None
    revision: int | None
    type: str
    """Topic."""
    actor: str
    time: str
    reason: str
    hash: str
    summary: str
    purged: int | None = None
    """The event that purged what it changed, or its text; None where all of it is there."""


class Correction(NamedTuple):
    """An event from whose own time times count again."""

    row: EventRow
    time: str
    """From which it counts."""
    before: str
    """The effective time of the event before it."""
    era: int
    """The event that times rose from up to that one."""


class EventTable:
    """Questions about events."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def history(
        self,
        *,
        environment: str | None = None,
        key: str | None = None,
        actor: str | None = None,
        topic: str | None = None,
        file: str | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: int = -1,
        before: int | None = None,
        after: int | None = None,
        steps: bool = True,
    ) -> list[EventRow]:
        """Return events, newest first. `key` also matches the keys below it.

        `file` is the manifest or a profile, whose texts alone are wanted then. `since` and `until`
        are times: the events are those by which answers as of the end differ from answers as of
        just before the beginning. `before` and `after` are positions. Without `steps`, a
        deployment is one event, its first.
        """
        where, values = _conditions(environment, actor)
        period = counting.period(self._connection, since, until)
        where += period.where
        values += period.values
        if file is not None:
            kind, _, of = file.partition(" ")
            topics = EDITS[kind]
            where += [f"e.topic IN ({','.join('?' * len(topics))})", "e.environment IS ?"]
            values += [*topics, of or None]
        if not steps:
            where.append("e.part_of IS NULL")
        bounds = (
            ("position < ?", before),
            ("position > ?", after),
            ("position > ?", period.after),
            ("position <= ?", period.upto),
        )
        between = [bound for bound, at in bounds if at is not None]
        values += [at for _, at in bounds if at is not None]
        if key is not None:  # `changes` is what is read then, by its own index
            if topic is not None:
                meant = self._topics_of(topic)
                where.insert(0, f"e.topic IN ({','.join('?' * len(meant))})")
                values[:0] = meant
            return self._of_key(key, [*where, *(f"c.{one}" for one in between)], values, limit)
        where += [f"e.{one}" for one in between]
        if topic is not None:
            return self._of_topic(topic, where, values, limit)
        sql = _EVENT + (f" WHERE {' AND '.join(where)}" if where else "")
        limit = min(limit, sys.maxsize)  # which is what SQLite's integers hold
        rows = self._connection.execute(f"{sql} ORDER BY e.position DESC LIMIT ?", (*values, limit))
        return [EventRow(*row) for row in rows]

    def _of_key(self, key: str, where: list[str], values: list[Any], limit: int) -> list[EventRow]:
        """Return the events that changed a key or one below it, newest first.

        Each key's changes are read from the newest on, and no further than `limit` asks for. Of a
        table with very many keys all changes are read: so many places to read from take longer.
        """
        items = self.items_at(key)
        more = self._inferred(key, items, where, values) if items else []
        if len(items) > _PLACES:
            among = f"SELECT position FROM changes WHERE item IN ({','.join(map(str, items))})"
            where = [f"e.{one[2:]}" if one.startswith("c.") else one for one in where]
            conditions = " AND ".join([f"? AND e.position IN ({among})", *where])
            sql = f"{_EVENT} WHERE {conditions} ORDER BY e.position DESC"
            return self._newest(sql, [True], values, limit, more)
        conditions = " AND ".join(["c.item = ?", *where])
        sql = (
            f"SELECT {_EVENT_COLUMNS} FROM changes c "
            "CROSS JOIN events e ON e.position = c.position "
            f"WHERE {conditions} ORDER BY c.position DESC"
        )
        return self._newest(sql, items, values, limit, more)

    def _of_topic(
        self, topic: str, where: list[str], values: list[Any], limit: int
    ) -> list[EventRow]:
        """Return the events of a type, or of all types with that first word, newest first.

        Each type's events are read from the newest on, and no further than `limit` asks for.
        """
        conditions = " AND ".join(["e.topic = ?", *where])
        sql = f"{_EVENT} WHERE {conditions} ORDER BY e.position DESC"
        return self._newest(sql, self._topics_of(topic), values, limit)

    def _newest(
        self,
        sql: str,
        ones: Sequence[Any],
        values: list[Any],
        limit: int,
        more: Sequence[tuple[Any, ...]] = (),
    ) -> list[EventRow]:
        """Return the newest events of several queries that differ in one value, their first.

        And of some `more`, newest first.
        """
        import heapq  # for this alone

        cursors: list[Iterable[Any]] = [more]
        cursors += [self._connection.execute(sql, (one, *values)) for one in ones]
        found: list[EventRow] = []
        for row in heapq.merge(*cursors, key=lambda row: -row[0]):
            if len(found) == limit:
                break
            if not found or found[-1].event != row[0]:  # several keys, or one in several files
                found.append(EventRow(*row))
        return found

    def _topics_of(self, topic: str) -> list[str]:
        """Return the types of events that there are which are `topic`, or begin with that word."""
        return [one for one in self.topics() if one == topic or one.startswith(f"{topic}.")]

    def _inferred(
        self, key: str, items: Sequence[int], where: list[str], values: list[Any]
    ) -> list[Any]:
        """Return the events whose changes were purged and that may have changed a key."""
        from tetra_es_projections.queries.tables.purged_table import PurgedTable  # few are purged

        purged = PurgedTable(self._connection)
        if purged.is_empty():
            return []
        among = ", ".join(map(str, purged.of_key(key, items)))
        conditions = " AND ".join([f"c.position IN ({among})", *where])
        sql = (
            f"SELECT {_EVENT_COLUMNS} FROM purged c CROSS JOIN events e ON e.position = c.position "
            f"WHERE {conditions} ORDER BY c.position DESC"
        )
        return self._connection.execute(sql, values).fetchall()

    def items_at(self, key: str) -> list[int]:
        """Return the ids of a key, and of those below it, in every file."""
        # The half-open ranges hold exactly the keys that continue with '.' or '['.
        rows = self._connection.execute(
            "SELECT id FROM latest WHERE key = :key UNION "
            "SELECT id FROM latest WHERE key >= :key || '.' AND key < :key || '/' UNION "
            "SELECT id FROM latest WHERE key >= :key || '[' AND key < :key || '\\'",
            {"key": key},
        )
        return [row[0] for row in rows]

    def ends(
        self, positions: Sequence[int], upto: int | None = None
    ) -> dict[int, tuple[str, str, str]]:
        """Return outcome, failed step and cause of the deployments that begin at some positions.

        As they stood after the event at the position `upto`, or stand now.
        """
        found: dict[int, tuple[str, str, str]] = {}
        sql = "SELECT outcome, step, cause, ended FROM deployments WHERE position = ?"
        for position in positions:
            if row := self._connection.execute(sql, (position,)).fetchone():
                outcome, step, cause, ended = row
                if upto is not None and ended is not None and ended > upto:
                    failed = self._connection.execute(FAILED, (position, upto)).fetchone()
                    outcome = "reverting" if failed else "under way"
                found[position] = (outcome, step, cause)
        return found

    def steps_of(self, position: int) -> list[EventRow]:
        """Return the events of the deployment that begins at a position but for the first."""
        rows = self._connection.execute(
            f"{_EVENT} WHERE part_of = ? ORDER BY position", (position,)
        )
        return [EventRow(*row) for row in rows]

    def find(self, position: int) -> EventRow | None:
        """Return one event's line."""
        row = self._connection.execute(f"{_EVENT} WHERE position = ?", (position,)).fetchone()
        return EventRow(*row) if row else None

    def changes(self, position: int, *, key: str | None = None) -> "list[ChangeRow]":
        """Return the changes that an event made by key; with `key`, of it and those below it."""
        # Imported when it is asked: most quick answers are about events alone.
        from tetra_es_projections.queries.tables.key_table import ChangeRow

        sql = (
            "SELECT c.position, l.key, c.before, c.after FROM changes c "
            "CROSS JOIN latest l ON l.id = c.item WHERE c.position = ?"
        )
        rows = [ChangeRow(*row) for row in self._connection.execute(sql, (position,))]
        if key is not None:
            below = (f"{key}.", f"{key}[")
            rows = [row for row in rows if row.key == key or row.key.startswith(below)]
        return sorted(rows, key=lambda row: row.key)

    def actors(self) -> list[str]:
        """Return who recorded anything, by name."""
        return self._distinct("actor")

    def topics(self) -> list[str]:
        """Return the types of the events that there are."""
        return self._distinct("topic")

    def _distinct(self, column: str) -> list[str]:
        """Return the few values of a column that has an index, without reading all of that."""
        rows = self._connection.execute(
            f"WITH RECURSIVE found(one) AS (SELECT min({column}) FROM events UNION ALL "
            f"SELECT (SELECT min({column}) FROM events WHERE {column} > one) FROM found "
            "WHERE one IS NOT NULL) SELECT one FROM found WHERE one IS NOT NULL"
        )
        return [row[0] for row in rows]

    def of_topics(self, topics: Sequence[str], upto: int) -> list[int]:
        """Return the positions of the valid events of these types up to a position, in order."""
        found: list[int] = []
        for topic in topics:
            sql = "SELECT position FROM events WHERE topic = ? AND position <= ? AND void IS NULL"
            found += [row[0] for row in self._connection.execute(sql, (topic, upto))]
        return sorted(found)

    def corrections(self) -> list[Correction]:
        """Return the events from whose own times times count again, oldest first."""
        rows = self._connection.execute(
            f"SELECT {_EVENT_COLUMNS}, e.effective, (SELECT b.position FROM events b "
            "WHERE b.era > 0 AND b.position < e.position ORDER BY b.position DESC LIMIT 1) "
            f"FROM events e WHERE e.position IN ({counting.ERAS}) AND e.position > 1 "
            "ORDER BY e.position"
        ).fetchall()
        found = []
        for *row, time, before in rows:
            reached, era = self.effective(before)
            found.append(Correction(EventRow(*row), time, reached, era or 1))
        return found

    def first_after(self, time: str, era: int) -> EventRow | None:
        """Return the first event of an era that counts from after a time, None for none."""
        row = self._connection.execute(  # within one, effective times rise
            f"{_EVENT} WHERE era = ? AND effective > ? ORDER BY effective, position LIMIT 1",
            (era, time),
        ).fetchone()
        return EventRow(*row) if row else None

    def reached(self) -> tuple[str, int]:
        """Return the time that the next event counts from after, and the era of now."""
        row = self._connection.execute("SELECT time, era FROM reached").fetchone()
        return (row[0], row[1]) if row else ("", 1)

    def void(self, position: int) -> str | None:
        """Return why an event changed nothing, None for a valid one."""
        row = self._connection.execute(
            "SELECT void FROM events WHERE position = ?", (position,)
        ).fetchone()
        return row[0] if row else None

    def all_void(self) -> list[int]:
        """Return the positions of the events that changed nothing, in order."""
        rows = self._connection.execute(
            "SELECT position FROM events WHERE void IS NOT NULL ORDER BY position"
        )
        return [row[0] for row in rows]

    def first_of(self, environment: str) -> int | None:
        """Return the position of the oldest event that concerns an environment, None for none."""
        row = self._connection.execute(
            "SELECT position FROM events WHERE environment = ? ORDER BY position LIMIT 1",
            (environment,),
        ).fetchone()
        return int(row[0]) if row else None

    def last_position(self) -> int:
        """Return the position of the newest event, 0 where there is none."""
        row = self._connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
        return int(row[0])

    def newest_at(self, moment: str) -> int | None:
        """Return the position of the newest event that counts at a time, None where none does."""
        return counting.newest_at(self._connection, moment) or None

    def effective(self, position: int) -> tuple[str, int | None]:
        """Return the effective time of an event by those before it, and what that rises from."""
        row = self._connection.execute(
            "SELECT effective, era FROM events WHERE position = ?", (position,)
        ).fetchone()
        return row[0], row[1]

    def counts_from(self, position: int, upto: int = 1 << 62) -> str:
        """Return from when on an event counts, corrected by those up to another position."""
        return counting.counts_from(self._connection, position, upto)


def _conditions(environment: str | None, actor: str | None) -> tuple[list[str], list[Any]]:
    wanted: Sequence[tuple[str, str | None]] = (
        ("e.environment = ?", environment),
        ("e.actor = ?", actor),
    )
    where = [condition for condition, value in wanted if value is not None]
    return where, [value for _, value in wanted if value is not None]
