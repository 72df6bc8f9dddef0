"""Whether the history here goes on from another copy of it: has all of its events, first of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.gate.gate import Gate
from tetra_es.gate.pins.judged import PinnedVerdicts
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.log.chain import START, Head

if TYPE_CHECKING:
    from tetra_es.gate.bodies import Source
    from tetra_es.log.replica import Replica


class Extension(NamedTuple):
    """How the history here stands to another copy."""

    head: Head
    """The last event of the copy that counts, `START` where none does."""
    more: int = 0
    """Events here after that one; what the copy has more is negative."""
    fork: Head | None = None
    """The first event of the copy that is another one here."""
    here: Head | None = None
    """What is here in its place."""
    refused: str = ""
    """Why the copy is not sound after its head, if it is not."""


def compare_copy(log: Replica, copy: Source) -> Extension:
    """Compare a log, all of which was admitted, with another copy, whose events are admitted here.

    Events that both have are compared by their hashes, worked out again; others have to be what
    the gate would admit, so that nobody makes a fork of what was never an event. Raises
    `TetraEsError` where the copy cannot be read.
    """
    last = log.last_position()
    head, here = START, Head(0, b"")

    def hash_here(position: int) -> bytes | None:
        nonlocal here
        if here.position != position:
            here = Head(position, _hash_at(log, position) or b"")
        return here.hash or None

    gate = Gate(copy, None, hash_here, _judged(log))
    for verdict in gate.admit(copy.records()):
        record = verdict.record
        if not verdict.admitted:
            what = f"event #{record.position}: {verdict.what}"
            return Extension(head, last - head.position, refused=what)
        if record.position <= last and hash_here(record.position) != record.hash:
            return Extension(head, last - head.position, record.head, here)
        head = record.head
    return Extension(head, last - head.position)


def compare_place(log: Replica, place: Head) -> Extension:
    """Do the same for the position and hash of an event that somebody knows."""
    last = log.last_position()
    found = _hash_at(log, place.position) if place.position <= last else None
    if found is None or found == place.hash:
        return Extension(place, last - place.position)
    return Extension(START, last, place, Head(place.position, found))


def _hash_at(log: Replica, position: int) -> bytes | None:
    if isinstance(log, AdmittedReplica):
        return log.opened.hash_at(position)
    record = log.record(position)
    return record.hash if record else None


def _judged(log: Replica) -> PinnedVerdicts | None:
    """Return what the rules said of the events here."""
    if not isinstance(log, AdmittedReplica):
        return None
    return PinnedVerdicts(log.last_position(), log.opened.gate.state.void)
