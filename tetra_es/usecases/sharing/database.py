"""A log in a database as the log that several machines append to."""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, TypeVar

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.gate.pins.pins import Forked
from tetra_es.log.chain import START, Head
from tetra_es.log.naming import bodies_named
from tetra_es.log.port import HeadMoved, Unknown
from tetra_es.log.postgres.connecting import shown
from tetra_es.log.postgres.repairing import RepairableLog
from tetra_es.log.purges import TOPICS
from tetra_es.log.shared import REPAIR_HINT, RERECORD_HINT, Sent, Stray, Unfinished
from tetra_es.usecases.sharing.rows import is_event, put_right

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tetra_es.log.postgres.engine import PostgresLog
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es.log.shared import Repaired

Read = TypeVar("Read")

_AT_ONCE: Final = 200
"""Events that are read, or put back, together."""


class DatabaseCopy:
    """What is in a database, to be admitted whole; see `usecases.ports.HistoryCopy`."""

    def __init__(self, log: PostgresLog) -> None:
        self._log = log

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order."""
        return self._log.records(after, upto)

    def events(self) -> Iterator[Sent]:
        """Yield all events, in order, each with its bodies."""
        return _with_bodies(self._log, self._log.records())


class SharedDatabase:
    """The log at an address; see `log.shared.SharedLog`."""

    def __init__(self, address: str, replica: Replica) -> None:
        self.address = address
        self._log = RepairableLog(address)
        self._replica = replica
        self._head = START
        """The newest event there, as of the last time."""
        self._broken = False
        """Whether the rows are others already where there are events here."""

    @property
    def shown(self) -> str:
        """Where it is, for people: without the account."""
        return shown(self.address)

    @property
    def mark(self) -> str:
        """Nothing: its rows are the events."""
        return ""

    def fetch(self) -> Head:
        """Ask for the head, and compare. See `SharedLog`."""
        self._head, self._broken = START, False
        if not self._log.is_made:
            return START
        self._head = self._log.head()
        upto = min(self._head.position, self._replica.last_position())
        if upto and not self._is_same(upto):
            self._broken = True
            raise self._other(upto)
        return self._head

    def fetch_sound(self) -> Head:
        """Do the same, and pass over rows that are not events. See `SharedLog`."""
        try:
            return self.fetch()
        except Stray as error:
            record = self._replica.record(error.position - 1)
            return START if record is None else record.head

    def repair(self) -> Repaired | None:
        """set aside rows that are not events, and put bodies back. See `SharedLog`."""
        return put_right(self._replica, self._log, self._head) if self._log.is_made else None

    def is_level(self) -> bool:
        """Ask whether it has just the events that are here; see `SharedLog`."""
        record = self._replica.record(self._replica.last_position())
        return self._log.is_made and self._log.head() == (START if record is None else record.head)

    def events(self, after: int) -> Iterator[Sent]:
        """Yield the events at positions higher than `after`, each with its bodies."""
        return self._readable(_with_bodies(self._log, self._records(after)))

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, none where there is no log."""
        return self._readable(self._records(after, upto))

    def _records(self, after: int, upto: int | None = None) -> Iterator[Record]:
        if self._broken or not self._log.is_made:
            return iter(())
        return self._log.records(after, upto)

    def _readable(self, found: Iterator[Read]) -> Iterator[Read]:
        """Yield what is read; raise `Stray` where a row is missing, or a body was changed."""
        try:
            yield from found
        except IntegrityFailure as error:
            raise Stray(error.message, hint=REPAIR_HINT) from error

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
        return self._log.body(digest)

    def check(self, sent: Sequence[Sent]) -> None:
        """Do nothing: a row is its event."""

    def holds(self, at: Head) -> bool:
        """Ask whether the event with this hash is at this position."""
        return self._log.holds(at)

    def append(self, after: Head, records: Sequence[Record], bodies: Iterable[bytes]) -> None:
        """Append all the records and bodies, or none. See `SharedLog`."""
        self._log.append(after, records, bodies=bodies)

    def close(self) -> None:
        """Let go of the connection."""
        self._log.close()

    def settle(self) -> Unfinished | None:
        """Put back events that the log lost, and destroy bodies that were purged.

        Returns that they are there still, where the role may not do it.
        """
        if not self._log.is_made:
            self._log.make()
        last = self._replica.last_position()
        head = self._log.head()
        if head.position < last:
            self._put_all_back(head.position)
        purged = self._purged()
        if not purged or self._log.purge(purged):
            return None
        return Unfinished(
            f"{len(purged)} purged bodies are still in {self.shown}: your role may not destroy "
            "them",
            "a role with --purge does, with its next command: "
            "`tetra-es share URL --grant ROLE --purge`",
        )

    def keeping_purged(self) -> Sequence[str]:
        """Return nothing: what `settle` leaves, it says."""
        return ()

    def sweep(self) -> Unfinished | None:
        """Do nothing: nothing is kept beside the log."""

    def lets(self) -> Sequence[str]:
        """Return nothing: the roles that record there can do nothing else."""
        return ()

    def grant(self, role: str, *, purge: bool = False) -> None:
        """Let a role of the database record; with `purge`, destroy purged bodies too."""
        self._log.grant(role, purge=purge)

    def _purged(self) -> Collection[bytes]:
        """Return the bodies that a valid event purged here, and that are still there."""
        found = self._replica.of_topics(TOPICS, self._replica.last_position())
        named = [digest for record in found for digest in _digests(record)]
        gone = [digest for digest in named if self._replica.purge_of(digest)]
        return self._log.stored(gone) if gone else ()

    def _put_all_back(self, after: int) -> None:
        """Put back what it lost; an error says that it did: the role may be one that only reads."""
        try:
            self._put_back(after)
        except (HeadMoved, Unknown, IntegrityFailure):
            raise
        except TetraEsError as error:
            raise TetraEsError(
                f"{self.shown} does not have all that is here: {error.message}",
                hint="`tetra-es pull` puts it back, of somebody who may record there",
            ) from error

    def _put_back(self, after: int) -> None:
        batch: list[Sent] = []
        for record in self._replica.records(after):
            bodies = {digest: self._replica.body(digest) for digest in bodies_named(record)}
            batch.append(Sent(record, bodies))
            # Of a batch, the last event alone may be signed.
            if len(batch) >= _AT_ONCE and record.signature:
                self._append(batch)
                batch = []
        if batch:
            self._append(batch)

    def _append(self, batch: list[Sent]) -> None:
        found = {digest: body for sent in batch for digest, body in sent.bodies.items()}
        records = [sent.record for sent in batch]
        after = Head(records[0].position - 1, records[0].previous)
        try:
            bodies = [body for body in found.values() if body is not None]
            self._log.append(after, records, bodies=bodies)
        except HeadMoved:
            if not self._log.holds(records[-1].head):  # else somebody else was first
                raise

    def _is_same(self, position: int) -> bool:
        record = self._replica.record(position)
        return record is None or self._log.holds(record.head)

    def _other(self, differs: int) -> IntegrityFailure:
        """Return the error for rows that differ, given one that does."""
        low, high = 0, differs  # at low they are the same, at high they are not
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._is_same(middle) else (low, middle)
        if not is_event(self._replica, self._log, high):
            what = f"{self.shown}: event #{high} is missing, or was changed"
            return Stray(what, high, hint=REPAIR_HINT)
        ours = self._replica.record(high)
        theirs = next(self._log.records(high - 1, high), None)
        error = Forked(high, ours.hash if ours else None, theirs.hash if theirs else None)
        error.hint = RERECORD_HINT
        return error


def _with_bodies(log: PostgresLog, records: Iterator[Record]) -> Iterator[Sent]:
    """Yield events with their bodies, which are asked for many at a time and kept no longer."""
    while page := list(islice(records, _AT_ONCE)):
        named = [bodies_named(record) for record in page]
        uses = Counter(chain.from_iterable(named))
        coming = log.bodies(list(uses))
        found: dict[bytes, bytes | None] = {}
        for record, digests in zip(page, named, strict=True):
            while not found.keys() >= set(digests):
                found.update([next(coming)])
            yield Sent(record, {digest: found[digest] for digest in digests})
            uses.subtract(digests)
            for digest in digests:
                if not uses[digest]:
                    found.pop(digest, None)


def _digests(record: Record) -> Iterator[bytes]:
    import json

    return map(bytes.fromhex, json.loads(record.state)["digests"])
