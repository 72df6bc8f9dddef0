"""Taking over what others appended to the shared log: through the gate, into the replica."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.gate.opening import forget_texts, keep, pin, stop
from tetra_es.gate.verdicts import Kind
from tetra_es.log.shared import REPAIR_HINT, Stray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tetra_es.errors import TetraEsError
    from tetra_es.gate.opening import Opened
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record
    from tetra_es.log.shared import Sent, SharedLog

_AT_ONCE: Final = 200
"""Events in a transaction."""


class _Both:
    """The replica, and after its events those of the shared log, which rules look at."""

    def __init__(
        self, local: AppendableLog, shared: SharedLog, at_hand: Mapping[bytes, bytes | None]
    ) -> None:
        """`at_hand` has bodies that came with events, and are not in the replica yet."""
        self._local = local
        self._shared = shared
        self._at_hand = at_hand

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`."""
        last = after
        for record in self._local.records(after, upto):
            yield record
            last = record.position
        if upto is None or last < upto:
            yield from self._shared.records(last, upto)

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none."""
        body = self._at_hand.get(digest)
        if body is None:
            body = self._local.body(digest)
        return self._shared.body(digest) if body is None else body


class Receiver:
    """Admits the events of a shared log, and appends them to the replica `local`."""

    def __init__(
        self,
        opened: Opened,
        local: AppendableLog,
        shared: SharedLog,
        leads_away: Callable[[Record], bool] = lambda _: False,
    ) -> None:
        self._opened = opened
        self._leads_away = leads_away
        self._local = local
        self._shared = shared
        self._sent: list[Sent] = []
        """Admitted, and not in the replica yet."""
        self._ends: list[int] = []
        """Positions at which a batch of them ends, and nothing rests on what is still to come."""
        self._bodies: dict[bytes, bytes | None] = {}
        """Of the events that are not in the replica yet."""

    def receive(self) -> list[Verdict]:
        """Take over the events of the last time that the log was asked; return the void ones.

        What comes before an event that is refused or unknown is taken over, and nothing after a
        valid one that leads away from this log. Raises `TetraEsError`,
        `Stray` for what is refused: the gate then knows more than the replica has.
        """
        gate, void = self._opened.gate, []
        gate.read_from(_Both(self._local, self._shared, self._bodies))
        purged = len(gate.state.purged)
        waiting: list[Sent] = []
        stopped: TetraEsError | None = None
        try:
            for verdict in gate.admit(self._remembered(gate.state.head.position, waiting)):
                if not verdict.admitted:
                    stopped = self._stop(verdict)
                    break
                if verdict.kind is Kind.VOID:
                    void.append(verdict)
                self._sent.append(waiting.pop(0))
                self._note_end(verdict.record.position)
                if verdict.kind is Kind.VALID and self._leads_away(verdict.record):
                    break
        except Stray as error:  # it cannot be read on
            stopped = error
        if stopped is None and not gate.firm:
            stopped = self._lacking()
        self._store()
        if len(gate.state.purged) > purged:
            forget_texts(self._opened)
        if stopped is not None:
            raise stopped
        return void

    def _note_end(self, position: int) -> None:
        """Note where a batch ends; append to the replica what has come together."""
        gate = self._opened.gate
        if position == gate.state.head.position and gate.firm:
            self._ends.append(position)
            if len(self._sent) >= _AT_ONCE:
                self._store()

    def _stop(self, verdict: Verdict) -> TetraEsError:
        """Return the error for an event that is refused or unknown."""
        if verdict.kind is Kind.UNKNOWN:
            return stop(verdict, shared=True)
        position = verdict.record.position
        what = f"{self._shared.shown}: event #{position} is refused: {verdict.what}"
        return Stray(what, position, hint=REPAIR_HINT)

    def _lacking(self) -> TetraEsError:
        what = "lacks content that its events name, and no event purged it"
        return Stray(f"{self._shared.shown}: {what}", hint=REPAIR_HINT)

    def _remembered(self, after: int, waiting: list[Sent]) -> Iterator[Record]:
        """Yield the events that are new, each with its bodies put down in `waiting`."""
        for sent in self._shared.events(after):
            waiting.append(sent)
            self._bodies.update(sent.bodies)
            yield sent.record

    def _store(self) -> None:
        """Append what was admitted to the replica, and pin it.

        Raises `Stray` where it is not kept as it must be; what comes before that is appended, and
        pinned the next time.
        """
        sent, self._sent = self._upto(self._ends[-1] if self._ends else 0), []
        if not sent:
            return
        wrong: Stray | None = None
        try:
            self._shared.check(sent)
        except Stray as error:
            wrong, self._sent = error, sent
            ends = [end for end in self._ends if end < error.position]
            sent = self._upto(ends[-1] if ends else 0)
            if not sent:
                raise
            self._shared.check(sent)
        records = [each.record for each in sent]
        found = {digest: body for each in sent for digest, body in each.bodies.items()}
        bodies = [body for body in found.values() if body is not None]
        self._local.append(self._local.head(), records, bodies=bodies)
        self._bodies.clear()
        if wrong is not None:
            raise wrong
        if records[-1].head == self._opened.gate.state.head:
            pin(self._opened, [record.hash for record in records])
            keep(self._opened)

    def _upto(self, position: int) -> list[Sent]:
        """Return what was admitted up to a position."""
        return [each for each in self._sent if each.record.position <= position]
