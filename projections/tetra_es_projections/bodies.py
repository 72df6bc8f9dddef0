"""Bodies as the log has them: there, purged by an event, or lost.

A tombstone in place of one that is lost would hide that, and replace the mirror's copy of it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from tetra_es.errors import IntegrityFailure
from tetra_es.events.base import WithChanges
from tetra_es.log import canonical
from tetra_es.log.naming import bodies_named
from tetra_es.log.purged import kinds_of
from tetra_es.log.purges import TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.events.base import Event
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Purge, Replica


class ReadableLog(Protocol):
    """What projections ask of a log, of either edition."""

    def last_position(self) -> int:
        """Return the position of the newest event, 0 where there is none."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order."""

    def of_topics(self, topics: Sequence[str], upto: int) -> list[Record]:
        """Return the events of these kinds up to a position, in order."""

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""

    def void(self, position: int) -> str | None:
        """Return why an event changes nothing, None where it is valid."""


class BodiesOf:
    """The bodies of a log.

    With `all_of_them`, what an event purged is gone even if the log still has it: that is for going
    through the whole history. Else only bodies that are not there are compared with purge events.
    """

    def __init__(self, log: ReadableLog, *, all_of_them: bool = False) -> None:
        self._log = log
        self._all = all_of_them

    def is_void(self, position: int) -> bool:
        """Return whether the event at a position changes nothing."""
        return self._log.void(position) is not None

    def body(self, digest: bytes) -> bytes | None:
        """Return a body, None where it was purged. Raises `IntegrityFailure` where it is lost."""
        if self._all and digest in self._purged:
            return None
        data = self._log.body(digest)
        if data is None and digest not in self._purged:
            raise IntegrityFailure(
                f"the body {digest.hex()} is not in the store, and no event purged it",
                hint="`tetra-es verify` names the event; a clone of the mirror has the body",
            )
        return data

    def check_nothing_lost(self) -> None:
        """Raise `IntegrityFailure` where a body that an event names is lost."""
        seen: set[bytes] = set()
        for record in self._log.records():
            for digest in bodies_named(record):
                if digest not in seen:
                    seen.add(digest)
                    self.body(digest)

    @cached_property
    def _purged(self) -> frozenset[bytes]:
        return purged_by(self._log, 0, self._log.last_position())


def known_event(log: Replica, record: Record) -> tuple[Event, dict[str, Purge]]:
    """Return a valid event as far as it is known, and what purged what of it.

    A text that was purged is empty, and so are such changes. Raises as `Replica.event` does.
    """
    event = log.event(record)
    if not isinstance(event, WithChanges) or (event.changes and event.text):
        return event, {}
    return event, purged_in(log, record)


def purged_in(log: Replica, record: Record) -> dict[str, Purge]:
    """Return kind to purge of each body of an event that is gone because another purged it."""
    named = [digest for digest in bodies_named(record) if log.body(digest) is None]
    if not named:
        return {}
    found = {kind: log.purge_of(digest) for kind, digest in kinds_of(record, named).items()}
    return {kind: purge for kind, purge in found.items() if purge is not None}


def purged_by(log: ReadableLog, after: int, upto: int) -> frozenset[bytes]:
    """Return the digests of the bodies that valid events with `after` < position <= `upto` purged.

    Raises `IntegrityFailure`.
    """
    found: set[bytes] = set()
    # Looked for from the beginning by their kinds; of a few new events each is looked at.
    records = log.records(after, upto) if after else log.of_topics(TOPICS, upto)
    for record in records:
        if record.topic in TOPICS and log.void(record.position) is None:
            try:
                found.update(map(bytes.fromhex, canonical.decode(record.state)["digests"]))
            except (ValueError, KeyError, TypeError) as error:
                raise IntegrityFailure(
                    f"event #{record.position} ({record.topic}) purges nothing: {error}",
                    hint="run `tetra-es verify` to find out what was changed",
                ) from error
    return frozenset(found)
