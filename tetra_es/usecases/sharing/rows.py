"""Finding rows of a shared database that differ from the events that are here."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure
from tetra_es.gate.lawful import is_lawful
from tetra_es.log.naming import bodies_named
from tetra_es.log.postgres.reading import BYTES
from tetra_es.log.postgres.schema import KEPT
from tetra_es.log.shared import Repaired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.log.chain import Head
    from tetra_es.log.postgres.repairing import RepairableLog
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica


class _Theirs:
    """The events up to one that differs, which are here, and those that are there from it on."""

    def __init__(self, replica: Replica, log: RepairableLog, differs: int) -> None:
        self._replica = replica
        self._log = log
        self._same = differs - 1

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order."""
        same = self._same if upto is None else min(self._same, upto)
        here = self._replica.records(after, same) if after < same else ()
        return chain(here, self._log.records(max(after, self._same), upto))

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
        body = self._replica.body(digest)
        return self._log.body(digest) if body is None else body


def is_event(replica: Replica, log: RepairableLog, differs: int) -> bool:
    """Return whether the first row that differs from what is here is an event all the same."""
    return is_lawful(_Theirs(replica, log, differs), differs)


def put_right(replica: Replica, log: RepairableLog, head: Head) -> Repaired | None:
    """Set aside the rows after the last one that is here, and put bodies back.

    All that is lawful up to `head`, the newest there, was taken over before, and no more is looked
    at. Returns None where nothing is wrong. Raises `HeadMoved`, `Refused`.
    """
    same = _last_same(replica, log, head.position)
    rows = log.move_aside(same, head) if same < head.position else 0
    bodies = _put_bodies_back(replica, log, log.head() if rows else head)
    return Repaired(f"#{same}", KEPT, 0, rows, bodies) if rows or bodies else None


def _last_same(replica: Replica, log: RepairableLog, upto: int) -> int:
    last = 0
    try:
        for ours, theirs in zip(replica.records(), log.records(0, upto), strict=False):
            if ours != theirs:
                break
            last = ours.position
    except IntegrityFailure:  # a row is missing
        pass
    return last


def _put_bodies_back(replica: Replica, log: RepairableLog, head: Head) -> int:
    """Put back bodies that were changed or destroyed, and that no event purged."""
    named = chain.from_iterable(map(bodies_named, replica.records()))
    wanted = [each for each in dict.fromkeys(named) if replica.purge_of(each) is None]
    count, size, batch = 0, 0, list[bytes]()
    for body in map(replica.body, log.unsound(wanted)):
        if body is None:
            continue
        if batch and size + len(body) > BYTES:
            count += log.put_back(batch, head)
            size, batch = 0, []
        batch.append(body)
        size += len(body)
    return count + (log.put_back(batch, head) if batch else 0)
