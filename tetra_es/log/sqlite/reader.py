"""Reading the log with sqlite3 alone: importing the event-sourcing library takes longer than that.

Nothing here can write, and nothing here makes a writer wait.
"""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import IntegrityFailure
from tetra_es.log import bodies
from tetra_es.log.chain import GENESIS, START, Head
from tetra_es.log.record import Record
from tetra_es.log.sqlite import opening
from tetra_es.log.sqlite.file import ReadOnlyFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from tetra_es.log.sqlite.kept import KeptConnections

BATCH: Final = 500
"""Events read at a time: large enough to be quick, small enough for memory."""

_FEW: Final = 10
"""The same for those who look backwards: they want one of the newest, not all of them."""

_ENTRY: Final = """
SELECT position, stream, version, topic, state,
       (SELECT hash FROM events b WHERE b.position = e.position - 1), hash, signature
FROM events e
"""
_TYPES: Final = (int, str, int, str, bytes, bytes, bytes, bytes)

_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.25


class SqliteLog(ReadOnlyFile):
    """The log in an SQLite file, for reading; see `port.Log`."""

    def __init__(
        self, path: Path, *, apart: bool = False, kept: KeptConnections | None = None
    ) -> None:
        """Open the file at `path`; `apart` where it is somebody else's, see `connect_reading`.

        Raises `Unfounded` when there is none or an empty one, `FirstEdition` for an old one,
        `TetraEsError` when it is of a newer version, `IntegrityFailure` when it is not as tetra-es
        keeps it.
        """
        super().__init__(path, opening.check, apart=apart, kept=kept)

    def head(self) -> Head:
        """Return the newest event's position and hash, `START` where there is none."""
        row = self._row("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1")
        return Head(*row) if row else START

    def record(self, position: int) -> Record | None:
        """Return the event at `position`, None where there is none."""
        rows = self._rows(_ENTRY + "WHERE position = ?", (position,))
        return _record(rows[0]) if rows else None

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order and without gaps.

        They are read some hundreds at a time, each in a transaction of its own: history only
        grows, so that it is one snapshot all the same, and no writer is kept from emptying the
        write-ahead log meanwhile. Raises `IntegrityFailure` where one is missing.
        """
        last = self.head().position if upto is None else upto
        sql = _ENTRY + "WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
        while rows := self._rows(sql, (after, last, BATCH)):
            for row in rows:
                after += 1
                if row[0] != after:
                    raise IntegrityFailure(f"event #{after}: is missing", hint=opening.HINT)
                yield _record(row)

    def of_stream(
        self, stream: str, *, from_version: int = 1, descending: bool = False
    ) -> Iterator[Record]:
        """Yield the events of one stream from a version on, in its order or the newest first."""
        order, beyond = ("DESC", "<") if descending else ("ASC", ">")
        sql = _ENTRY + (
            f"WHERE stream = ? AND version {beyond} ? AND version >= ? "
            f"ORDER BY version {order} LIMIT ?"
        )
        at = 2**62 if descending else from_version - 1
        size = _FEW if descending else BATCH
        while rows := self._rows(sql, (stream, at, from_version, size)):
            yield from map(_record, rows)
            at = rows[-1][2]

    def positions_of(self, topics: Sequence[str], upto: int) -> list[int]:
        """Return the positions of the events of these kinds up to a position, in order."""
        marks = ",".join("?" * len(topics))
        sql = f"SELECT position FROM events WHERE topic IN ({marks}) AND position <= ? ORDER BY 1"
        return [row[0] for row in self._rows(sql, (*topics, upto))]

    def stored(self, digests: Collection[bytes]) -> set[bytes]:
        """Return which of these bodies are there."""
        sql = "SELECT 1 FROM bodies WHERE digest = ? AND content IS NOT NULL"
        return {digest for digest in digests if self._row(sql, (digest,))}

    def streams(self, prefix: str = "") -> list[str]:
        """Return the streams whose names begin with `prefix`, sorted."""
        rows = self._rows(
            "SELECT DISTINCT stream FROM events WHERE substr(stream, 1, ?) = ? ORDER BY 1",
            (len(prefix), prefix),
        )
        return [row[0] for row in rows]

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
        row = self._row("SELECT content FROM bodies WHERE digest = ?", (digest,))
        return None if row is None else _body(digest, row[0])

    def bodies(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield digest and bytes of every body; None where it was purged."""
        sql = "SELECT number, digest, content FROM bodies WHERE number > ? ORDER BY number LIMIT 1"
        number = -(2**63)
        while row := self._row(sql, (number,)):
            number, digest, content = row
            yield digest, _body(digest, content)

    def digests(self) -> Iterator[tuple[bytes, bool]]:
        """Yield the digest of every body, and whether it is there; it is not where it was purged.

        Raises `IntegrityFailure` where one is not bytes.
        """
        sql = (
            "SELECT number, digest, content IS NOT NULL FROM bodies WHERE number > ? "
            "ORDER BY number LIMIT ?"
        )
        number = -(2**63)
        while rows := self._rows(sql, (number, BATCH)):
            for number, digest, is_there in rows:  # noqa: B007 - the last one goes on
                _body(digest, None)
                yield digest, bool(is_there)

    def holds(self, at: Head) -> bool:
        """Return whether the event with this hash is at this position."""
        if at == START:
            return True
        row = self._row("SELECT hash FROM events WHERE position = ?", (at.position,))
        return row is not None and row[0] == at.hash

    def wait(self, after: int, timeout: float) -> bool:
        """Wait for an event at a position higher than `after`; False after `timeout` seconds."""
        end, pause = monotonic() + timeout, _FIRST_PAUSE
        while self.head().position <= after:
            left = end - monotonic()
            if left <= 0:
                return False
            sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)
        return True


def _record(row: tuple[Any, ...]) -> Record:
    position = row[0]
    if position == 1 and row[5] is None:
        row = (*row[:5], GENESIS, *row[6:])
    if tuple(map(type, row)) != _TYPES:
        missing = row[5] is None
        problem = "the event before it is missing" if missing else "a column is of another type"
        raise IntegrityFailure(f"event #{position}: {problem}", hint=opening.HINT)
    return Record(*row)


def _body(digest: object, content: object) -> bytes | None:
    """Return a body. SQLite may keep any type, whatever its column's is."""
    if not isinstance(digest, bytes) or not isinstance(content, bytes | None):
        name = digest.hex() if isinstance(digest, bytes) else f"{digest!a:.64}"
        raise IntegrityFailure(f"body {name}: is not bytes", hint=opening.HINT)
    return None if content is None else bodies.unpack(digest, content)
