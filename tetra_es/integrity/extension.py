"""Whether the history here goes on from another copy of it: has all of its events, first of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import IntegrityFailure
from tetra_es.events.config import OrganizationCreated
from tetra_es.gate.gate import Gate
from tetra_es.gate.pins.judged import PinnedVerdicts
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.integrity.checkpoint import origin_of
from tetra_es.integrity.merkle import MerkleTree
from tetra_es.integrity.signers import signers_at
from tetra_es.log.chain import START, Head
from tetra_es.text import one_line

if TYPE_CHECKING:
    from tetra_es.gate.bodies import Source
    from tetra_es.integrity.checkpoint import Checkpoint
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


def compare_checkpoint(log: Replica, checkpoint: Checkpoint) -> tuple[Extension, str]:
    """Do the same for a checkpoint; return what is wrong with it in words, too, empty for nothing.

    One that nobody signed who was a signer then proves nothing.
    """
    last, size = log.last_position(), checkpoint.size
    head, more = Head(size, b""), last - size
    origin = origin_at(log)
    if checkpoint.origin != origin:
        what = f"the checkpoint is of {one_line(checkpoint.origin)}, and this is {origin}"
        return Extension(START, last, refused=what), what
    try:
        signers = checkpoint.signers(signers_at(log, min(size, last)))
    except ValueError as error:
        what = f"the checkpoint was changed: {error}"
        return Extension(head, more, refused=what), what
    if more < 0:
        return Extension(head, more), ""
    if not signers:
        what = f"nobody who was a signer at #{size} signed the checkpoint"
        return Extension(head, more, refused=what), what
    root = tree_of(log, size).root()
    if root != checkpoint.root:
        what = (
            f"the history forks at #{size} or before: the tree of the events up to there has the "
            f"root {root.hex()} here, and {checkpoint.root.hex()} in the checkpoint"
        )
        return Extension(START, last, fork=Head(size, checkpoint.root)), what
    return Extension(head, more), ""


def tree_of(log: Replica, upto: int) -> MerkleTree:
    """Return the Merkle tree over the events up to a position."""
    return MerkleTree(record.hash for record in log.records(upto=upto))


def origin_at(log: Replica) -> str:
    """Return what checkpoints of a history begin with. Raises `TetraEsError`."""
    first = next(log.records(upto=1))
    event = log.event(first)
    if not isinstance(event, OrganizationCreated):
        raise IntegrityFailure("the first event founds no organization")
    return origin_of(event.name, first.hash)


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
