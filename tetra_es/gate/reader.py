"""Reading events: only those that were admitted, each as it was admitted, and all of them.

A row counts when its hash, worked out again, is the one that was admitted at its position. What an
index hides is missed, since the gate knows how many events a stream has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tetra_es.errors import IntegrityFailure
from tetra_es.log.chain import GENESIS, link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tetra_es.gate.state import State
    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record

_HINT = "somebody changed the store; `tetra-es verify` looks at all of it"


class StreamsLog(Protocol):
    """What is asked of a log; the replica in SQLite has it."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`."""

    def record(self, position: int) -> Record | None:
        """Return the event at `position`, None where there is none."""

    def of_stream(
        self, stream: str, *, from_version: int = 1, descending: bool = False
    ) -> Iterator[Record]:
        """Yield the events of one stream from a version on."""

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none."""


class AdmittedLog:
    """A log as it was admitted. Events after the admitted head are not there."""

    def __init__(
        self, log: StreamsLog, state: State, hash_at: Callable[[int], bytes | None]
    ) -> None:
        self._log = log
        self._state = state
        self._hash_at = hash_at

    def head(self) -> Head:
        """Return the last admitted event's position and hash."""
        return self._state.head

    def is_void(self, position: int) -> bool:
        """Return whether an event changed nothing: it has no effect on any state."""
        return position in self._state.void

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`. Raises `IntegrityFailure`."""
        end = self._state.head.position
        end = end if upto is None else min(end, upto)
        position = after
        for record in self._log.records(after, end):
            position += 1
            yield self._checked(record, position)
        if position < end:
            raise IntegrityFailure(f"event #{position + 1}: is missing", hint=_HINT)

    def record(self, position: int) -> Record | None:
        """Return the event at `position`, None for none. Raises `IntegrityFailure`."""
        if not 1 <= position <= self._state.head.position:
            return None
        record = self._log.record(position)
        if record is None:
            raise IntegrityFailure(f"event #{position}: is missing", hint=_HINT)
        return self._checked(record, position)

    def of_stream(
        self, stream: str, *, from_version: int = 1, descending: bool = False
    ) -> Iterator[Record]:
        """Yield the events of one stream from a version on, in its order or the newest first.

        Raises `IntegrityFailure` where one is missing or was changed.
        """
        newest = self._state.versions.get(stream, 0)
        expected = range(from_version, newest + 1)
        found = self._log.of_stream(stream, from_version=from_version, descending=descending)
        rows = (row for row in found if row.position <= self._state.head.position)
        for version in reversed(expected) if descending else expected:
            record = next(rows, None)
            if record is None or (record.stream, record.version) != (stream, version):
                raise IntegrityFailure(
                    f"event {version} of {stream}: is missing or in the wrong order", hint=_HINT
                )
            yield self._checked(record, record.position)

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
        return self._log.body(digest)

    def _checked(self, record: Record, position: int) -> Record:
        expected = self._hash_at(position)
        before = self._hash_at(position - 1) if position > 1 else GENESIS
        parts = (record.stream, record.version, record.topic, record.state)
        if (
            before is None
            or (record.position, record.previous) != (position, before)
            or record.hash != expected
            or link(before, position, *parts) != expected
        ):
            raise IntegrityFailure(
                f"event #{position}: is not the one that was admitted", hint=_HINT
            )
        return record
