"""Reading the store with sqlite3 alone.

Commands that only look (`show`, `history`) and the projections read here: importing the
event-sourcing library costs more than a whole `show` does. Nothing here can write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure, Unfounded
from tetra_es.log.sqlite.file import ReadOnlyFile
from tetra_es.store import opening

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tetra_es.events.base import Event
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Ending, Purge

BATCH = 500
"""Events read at a time: large enough to be quick, small enough for memory."""

_COLUMNS = """
SELECT e.rowid, e.originator_id, e.originator_version, e.topic, e.state,
       coalesce((SELECT b.hash FROM event_proofs b WHERE b.position < e.rowid
                 ORDER BY b.position DESC LIMIT 1), zeroblob(32)),
       p.hash, p.signature
FROM stored_events e JOIN event_proofs p ON p.position = e.rowid
"""


class EventLog(ReadOnlyFile):
    """The events of a store, in order. Use as a context manager."""

    def __init__(self, path: Path, *, apart: bool = False) -> None:
        """Open the store at `path`; `apart` where it is somebody else's, see `connect_reading`.

        Raises `Unfounded` when there is none or an empty one, `TetraEsError` when it is
        of a newer version, `IntegrityFailure` when it is not as tetra-es keeps it.
        """
        super().__init__(path, opening.check, apart=apart)

    def state_folder(self) -> None:
        """Return None: nothing is kept of the first edition."""

    def follow(self) -> None:
        """Do nothing: each question is answered from the file as it is then."""

    def last_position(self) -> int:
        """Return the position of the newest event, 0 where there is none."""
        return int(self._row("SELECT coalesce(max(rowid), 0) FROM stored_events")[0])

    def require_events(self) -> None:
        """Raise `Unfounded` where there is no event."""
        if not self.last_position():
            raise Unfounded(f"{self.path} has no events")

    def record(self, position: int) -> Record | None:
        """Return the event at `position`, or None."""
        rows = self._records(_COLUMNS + "WHERE e.rowid = ?", (position,))
        return rows[0] if rows else None

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order."""
        last = self.last_position() if upto is None else upto
        sql = _COLUMNS + "WHERE e.rowid > ? AND e.rowid <= ? ORDER BY e.rowid LIMIT ?"
        while batch := self._records(sql, (after, last, BATCH)):
            yield from batch
            after = batch[-1].position

    def of_stream(
        self, stream: str, *, from_version: int = 1, descending: bool = False
    ) -> Iterator[Record]:
        """Yield the events of one stream from a version on, in its order or the newest first."""
        order, beyond = ("DESC", "<") if descending else ("ASC", ">")
        sql = _COLUMNS + (
            f"WHERE e.originator_id = ? AND e.originator_version {beyond} ? "
            "AND e.originator_version >= ? "
            f"ORDER BY e.originator_version {order} LIMIT ?"
        )
        at = 2**62 if descending else from_version - 1
        # A reader who looks backwards wants one of the newest, not all of them.
        size = BATCH // 50 if descending else BATCH
        while batch := self._records(sql, (stream, at, from_version, size)):
            yield from batch
            at = batch[-1].version

    def of_topics(self, topics: Sequence[str], upto: int) -> list[Record]:
        """Return the events of these kinds up to a position, in order."""
        marks = ",".join("?" * len(topics))
        sql = _COLUMNS + f"WHERE e.topic IN ({marks}) AND e.rowid <= ? ORDER BY e.rowid"
        return self._records(sql, (*topics, upto))

    def streams(self, prefix: str) -> list[str]:
        """Return the streams whose names begin with `prefix`."""
        with self._reading():
            rows = self._connection.execute(
                "SELECT DISTINCT originator_id FROM stored_events "
                "WHERE substr(originator_id, 1, ?) = ? ORDER BY 1",
                (len(prefix), prefix),
            ).fetchall()
        return [row[0] for row in rows]

    def has_topic(self, topic: str, after: int, upto: int) -> bool:
        """Return whether an event of this kind is in `after` < position <= `upto`."""
        sql = "SELECT 1 FROM stored_events WHERE rowid > ? AND rowid <= ? AND topic = ? LIMIT 1"
        return self._row(sql, (after, upto, topic)) is not None

    def state_text(self, position: int) -> str | None:
        """Return the TOML text that the event at `position` holds, None where there is none.

        Reads the one field out of the stored JSON: `show` needs no more, and in a hurry.
        """
        row = self._row(
            "SELECT json_extract(CAST(state AS TEXT), '$.text') FROM stored_events WHERE rowid = ?",
            (position,),
        )
        return row[0] if row and isinstance(row[0], str) else None

    def event(self, record: Record) -> Event:
        """Return the event of a record, upcast to today's version of its class."""
        return record.event

    @property
    def ending(self) -> Ending:
        """Nothing of a store of the first edition was admitted before its upgrade."""
        from tetra_es.log.replica import Ending

        return Ending.UNTOLD

    def purge_of(self, digest: bytes) -> Purge | None:
        """Return None: what is destroyed here are age files, which nobody looks for like this."""
        return None

    def what_purged(self, digest: bytes, position: int) -> Purge | None:
        """Return None, as `purge_of` does."""
        return None

    def void(self, position: int) -> str | None:
        """Return None: the first edition knew no events that change nothing."""
        return None

    def stopped(self) -> str | None:
        """Return None: `verify` finds out what is wrong in a store of the first edition."""
        return None

    def body(self, digest: bytes) -> bytes | None:
        """Return the ciphertext with this SHA-256, or None when it is unknown or purged.

        Raises `IntegrityFailure` where it is of another type than bytes.
        """
        row = self._row("SELECT max(ciphertext) FROM sealed_values WHERE digest = ?", (digest,))
        return _as_bytes(digest, row[0])[1] if row else None

    def bodies(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield digest and bytes of every ciphertext; None where it was purged.

        Raises `IntegrityFailure` at one of another type than bytes.
        """
        with self._reading():
            for row in self._connection.execute(
                "SELECT digest, ciphertext FROM sealed_values ORDER BY digest"
            ):
                yield _as_bytes(*row)

    def snapshots(self) -> dict[tuple[str, int], tuple[str, bytes]]:
        """Return topic and stored state of every snapshot by its stream and version."""
        with self._reading():
            rows = self._connection.execute(
                "SELECT originator_id, originator_version, topic, state FROM stored_snapshots"
            ).fetchall()
        return {(stream, version): (topic, state) for stream, version, topic, state in rows}

    def rows_without_counterpart(self) -> tuple[list[int], list[int]]:
        """Return the positions of events without proof, and of proofs without event."""
        with self._reading():
            unproven = self._connection.execute(
                "SELECT rowid FROM stored_events "
                "WHERE rowid NOT IN (SELECT position FROM event_proofs) ORDER BY 1"
            ).fetchall()
            orphaned = self._connection.execute(
                "SELECT position FROM event_proofs "
                "WHERE position NOT IN (SELECT rowid FROM stored_events) ORDER BY 1"
            ).fetchall()
        return [row[0] for row in unproven], [row[0] for row in orphaned]

    def _records(self, sql: str, parameters: tuple[object, ...]) -> list[Record]:
        from tetra_es.log.record import Record

        with self._reading():
            return [Record(*row) for row in self._connection.execute(sql, parameters)]


def _as_bytes(digest: object, ciphertext: object) -> tuple[bytes, bytes | None]:
    """Return a ciphertext, which SQLite may keep as any type, whatever its column's is.

    Raises `IntegrityFailure` for one that is not bytes.
    """
    name = digest.hex() if isinstance(digest, bytes) else f"{digest!a:.64}"
    if isinstance(digest, bytes) and isinstance(ciphertext, bytes | None):
        return digest, ciphertext
    raise IntegrityFailure(f"ciphertext {name}: is not bytes", hint=opening.HINT)
