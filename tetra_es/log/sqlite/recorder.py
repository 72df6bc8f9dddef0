"""The library's recorder on our tables: inserts records that follow the head, selects rows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from tetra_es.log.chain import GENESIS, Head
from tetra_es.log.port import HeadMoved, Unfit
from tetra_es.log.sqlite import schema
from tetra_es.log.sqlite.pool import DurableFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from eventsourcing.sqlite import SQLiteCursor

    from tetra_es.log.record import Record

Body: TypeAlias = tuple[bytes, bytes]
"""Digest and what is kept of a body."""

_INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)"
_INSERT_BODY = """
INSERT INTO bodies SELECT (SELECT coalesce(max(number), 0) + 1 FROM bodies), ?, ?
WHERE NOT EXISTS (SELECT 1 FROM bodies WHERE digest = ?)
"""


class LogRecorder(SQLiteApplicationRecorder):
    """Inserts records and bodies in one transaction."""

    of_stream: Callable[..., Iterator[Record]]
    """Yields what aggregates are loaded from; see `log.replica.Replica`."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "events") -> None:
        super().__init__(datastore, "events")

    def construct_create_table_statements(self) -> list[str]:
        """Return what makes our tables and triggers, in place of the library's one table."""
        return list(schema.STATEMENTS)

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        *,
        records: Sequence[Record] = (),
        bodies: Iterable[Body] = (),
        **_: Any,
    ) -> Sequence[int]:
        """Insert the records that `stored_events` were made of; all or nothing.

        The library begins a deferred transaction: the first statement has to write, so that it
        waits for another writer. After a SELECT, SQLite could only fail with "database is locked".
        Raises `HeadMoved` where the event before is another one.
        """
        for record in records:
            c.execute(
                _INSERT,
                (
                    record.position,
                    record.stream,
                    record.version,
                    record.topic,
                    record.state,
                    record.hash,
                    record.signature,
                ),
            )
        self._check_before(c, Head(records[0].position - 1, records[0].previous))
        for digest, content in bodies:
            self._insert_body(c, digest, content)
        return [record.position for record in records]

    @staticmethod
    def _check_before(c: SQLiteCursor, after: Head) -> None:
        c.execute("SELECT hash FROM events WHERE position = ?", (after.position,))
        row = c.fetchone()
        found = Head(after.position, row[0] if row else GENESIS)
        if found != after:
            raise HeadMoved(after, found)

    @staticmethod
    def _insert_body(c: SQLiteCursor, digest: bytes, content: bytes) -> None:
        c.execute(_INSERT_BODY, (digest, content, digest))
        if c.sqlite_cursor.rowcount:
            return
        c.execute("SELECT content IS NULL FROM bodies WHERE digest = ?", (digest,))
        if c.fetchone()[0]:
            raise Unfit(f"body {digest.hex()} was purged: it cannot come back")

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the events of a stream that count; the signature is the library's."""
        found = self.of_stream(originator_id, from_version=(gt or 0) + 1, descending=desc)
        stored = (
            StoredEvent(each.stream, each.version, each.topic, each.state)
            for each in found
            if lte is None or each.version <= lte
        )
        return list(islice(stored, limit))


class LogFactory(DurableFactory):
    """The library's SQLite infrastructure with our recorder and connections."""

    application_recorder_class = LogRecorder
