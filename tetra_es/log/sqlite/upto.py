"""The log as it was after one of its events, while others go on recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure
from tetra_es.log.chain import Head
from tetra_es.log.sqlite import opening
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.log.record import Record
    from tetra_es.log.sqlite.kept import KeptConnections


class LogUpto(SqliteLog):
    """The events up to a position; see `SqliteLog`. A body that was purged since is not there."""

    def __init__(self, path: Path, position: int, kept: KeptConnections | None = None) -> None:
        """Open the file at `path`. Raises as `SqliteLog` does, and where the event is not there."""
        super().__init__(path, kept=kept)
        row = self._row("SELECT hash FROM events WHERE position = ?", (position,))
        if row is None:
            self.close()
            raise IntegrityFailure(f"event #{position}: is missing", hint=opening.HINT)
        self._last = Head(position, row[0])
        self.is_over: Callable[[], bool] = _never

    def limit_time(self, is_over: Callable[[], bool]) -> None:
        """Have questions raise `Unavailable` when the time for them is over."""
        self.is_over = is_over
        super().limit_time(is_over)

    def head(self) -> Head:
        """Return the position and hash of the last event."""
        return self._last

    def newest(self) -> Head:
        """Return the position and hash of the last event that is stored."""
        return super().head()

    def holds(self, at: Head) -> bool:
        """Return whether the event with this hash is at this position."""
        return at.position <= self._last.position and super().holds(at)

    def record(self, position: int) -> Record | None:
        """Return the event at `position`, None where there is none."""
        return super().record(position) if position <= self._last.position else None

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order and without gaps."""
        last = self._last.position
        return super().records(after, last if upto is None else min(upto, last))

    def of_stream(
        self, stream: str, *, from_version: int = 1, descending: bool = False
    ) -> Iterator[Record]:
        """Yield the events of one stream from a version on, in its order or the newest first."""
        rows = super().of_stream(stream, from_version=from_version, descending=descending)
        return (row for row in rows if row.position <= self._last.position)

    def positions_of(self, topics: Sequence[str], upto: int) -> list[int]:
        """Return the positions of the events of these kinds up to a position, in order."""
        return super().positions_of(topics, min(upto, self._last.position))

    def positions_after(self, topics: Sequence[str], after: int) -> list[int]:
        """Return the positions of the events of these kinds after a position, in order."""
        marks = ",".join("?" * len(topics))
        sql = (
            f"SELECT position FROM events WHERE +topic IN ({marks}) "
            "AND position > ? AND position <= ? ORDER BY position"
        )
        return [row[0] for row in self._rows(sql, (*topics, after, self._last.position))]

    def stored_after(self, topic: str) -> list[int]:
        """Return the events of a kind that are stored after the last one, the newest first."""
        sql = "SELECT position FROM events WHERE +topic = ? AND position > ? ORDER BY position DESC"
        return [row[0] for row in self._rows(sql, (topic, self._last.position))]

    def streams(self, prefix: str = "") -> list[str]:
        """Return the streams whose names begin with `prefix`, sorted."""
        found = super().streams(prefix)
        return [stream for stream in found if next(self.of_stream(stream), None) is not None]


def _never() -> bool:
    return False
