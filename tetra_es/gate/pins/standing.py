"""How the events that are here stand to those that were admitted."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.gate.pins.pins import Forked
from tetra_es.log.chain import GENESIS, START, Head, link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.gate.pins.pins import Pins
    from tetra_es.log.record import Record


class Events(Protocol):
    """What has events."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`."""


class PinnedLog(Protocol):
    """What is asked of a log; see `log.port.Log`."""

    def head(self) -> Head:
        """Return the newest event's position and hash."""

    def holds(self, at: Head) -> bool:
        """Return whether the event with this hash is at this position."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`."""


class Standing(StrEnum):
    """What there is to do about it."""

    NEW = "new"
    """Nothing of this organization was ever admitted on this account."""
    LEVEL = "level"
    """All that is here was admitted, and nothing else."""
    AHEAD = "ahead"
    """More is here than was admitted."""
    BEHIND = "behind"
    """Less is here than was admitted: reading works, recording needs the rest first."""


class Behind(TetraEsError):
    """Something is to be recorded on less than was admitted."""

    exit_code = 4

    def __init__(self, pinned: Head, here: Head) -> None:
        self.pinned = pinned
        super().__init__(
            f"the history here ends at #{here.position}; #{pinned.position} was admitted on this "
            "account already",
            hint=f"put the newer copy back, or say that this one is right: "
            f"`tetra-es trust --head {here} -m WHY`",
        )


def organization_of(source: Events) -> str:
    """Return what tells a history from all others: the hash of its event 1.

    Raises `IntegrityFailure` where there is none or its hash is not its own.
    """
    for record in source.records(0, 1):
        parts = (record.stream, record.version, record.topic, record.state)
        if record.position == 1 and link(GENESIS, 1, *parts) == record.hash:
            return record.hash.hex()
    raise IntegrityFailure(
        "event #1 is missing or was changed", hint="`tetra-es verify` looks at all of it"
    )


def standing(log: PinnedLog, pins: Pins) -> Standing:
    """Compare a log with the pins of its organization. Raises `Forked`."""
    pinned, head = pins.head, log.head()
    if pinned == START:
        return Standing.NEW
    shared = min(pinned.position, head.position)
    at = pins.hash_at(shared)
    if at is not None and not log.holds(Head(shared, at)):
        raise fork(log, pins, shared)
    if pinned.position == head.position:
        return Standing.LEVEL
    return Standing.AHEAD if head.position > pinned.position else Standing.BEHIND


def fork(log: PinnedLog, pins: Pins, differs: int) -> Forked:
    """Return the error that names the first event that differs, given one that does."""
    hashes = pins.hashes(0, differs)
    low, high = 0, differs  # low is the same, high is not
    while high - low > 1:
        middle = (low + high) // 2
        if log.holds(Head(middle, hashes[middle - 1])):
            low = middle
        else:
            high = middle
    return Forked(high, hashes[high - 1], _hash_at(log, high), log.head())


def _hash_at(log: PinnedLog, position: int) -> bytes | None:
    """Return the hash that an event says it has, None where it is not there."""
    try:
        return next((record.hash for record in log.records(position - 1, position)), None)
    except IntegrityFailure:  # a gap
        return None
