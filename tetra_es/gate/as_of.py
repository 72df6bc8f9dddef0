"""Reading the replica as of one event, in a process that answers many questions.

Others record meanwhile, and pin what they recorded. Nothing is written here: neither pins nor what
is kept beside them.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

from tetra_es.errors import ASK_LESS, TOO_LONG, TetraEsError, Unavailable
from tetra_es.gate.gate import Gate
from tetra_es.gate.opening import Opened, stop
from tetra_es.gate.pins import checked, judged
from tetra_es.gate.pins.pins import Forked, Window
from tetra_es.gate.pins.places import StateFolder, place_of_folder
from tetra_es.gate.pins.standing import Standing
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.gate.state import State
from tetra_es.log.chain import START
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.gate.pins.pins import Pins
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record
    from tetra_es.log.sqlite.upto import LogUpto


_KEPT: Final = 4
"""States that stay in memory."""
_LOOK: Final = 0.1
"""Seconds between two looks at the clock while another thread is busy."""
_BEHIND: Final = 256
"""Events after the end that are looked at: views take in those that count in a moment."""
_FEW: Final = 16
"""Events and bodies that stay there for one answer."""

Key = TypeVar("Key")
Thing = TypeVar("Thing")


class GateStates:
    """What the gate knew at the events that were asked for last: the next one is not far from them.

    Threads may share it. A state that was given out never changes.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: list[State] = []
        self._positions: dict[tuple[str, ...], tuple[Head, list[int]]] = {}
        self._behind: tuple[tuple[Head, Head], Verdict | None] | None = None
        """What was said of the events after one of them, up to another."""

    def at(self, log: LogUpto, pins: Pins) -> State:
        """Return what the gate knows at the end of a log, all of which is pinned.

        Raises `TetraEsError`, as where an event cannot be admitted. Who comes first admits what is
        new for all; others wait, until their time is over, and that raises `Unavailable`.
        """
        with self._turn(log):
            head = log.head()
            # A thread may be a few events behind another one.
            known = [one for one in self._known if log.holds(one.head)]
            state = max(known, key=lambda one: one.head.position, default=None)
            if state is None:
                kept = checked.load(pins, tidy=False)
                state = kept.state if kept and log.holds(kept.state.head) else State()
            if state.head != head:
                state = _advanced(state.copy(), log, pins)
            if state not in known:
                self._known = [*self._known, state][-_KEPT:]
            return state

    def positions_of(self, log: LogUpto, topics: Sequence[str]) -> list[int]:
        """Return the positions of the events of these kinds in a log; only new ones are read."""
        with self._turn(log):
            head, found = self._positions.get(tuple(topics), (START, []))
            if not log.holds(head):
                head, found = START, []
            if log.head() != head:
                found = [*found, *log.positions_after(topics, head.position)]
                self._positions[tuple(topics)] = log.head(), found
            return found

    def stopped_after(self, log: LogUpto, pins: Pins) -> Verdict | None:
        """Return the event behind the end of a log that is refused or unknown; None for none.

        Rows that are there and pinned are only newer. Others are judged once: a command may be at
        work.
        """
        newest = log.newest()
        if newest.position <= max(log.head().position, pins.head.position):
            return None
        state = self.at(log, pins)
        with self._turn(log):
            looked = log.head(), newest
            if self._behind is None or self._behind[0] != looked:
                self._behind = looked, _stopping(state.copy(), log, pins)
            return self._behind[1]

    @contextmanager
    def _turn(self, log: LogUpto) -> Iterator[None]:
        while not self._lock.acquire(timeout=_LOOK):
            if log.is_over():
                raise Unavailable(TOO_LONG, hint=ASK_LESS)
        try:
            yield
        finally:
            self._lock.release()


def _advanced(state: State, log: LogUpto, pins: Pins) -> State:
    """Admit the events up to the end of a log."""
    # Bodies that were purged since are missing, and the event that says so is behind the end.
    with SqliteLog(log.path) as whole:
        gate = Gate(whole, state, Window(pins).at, judged.load(pins, tidy=False))
        for verdict in gate.admit(log.records(state.head.position)):
            if not verdict.admitted:
                raise stop(verdict)
    return gate.state


def _stopping(state: State, log: LogUpto, pins: Pins) -> Verdict | None:
    """Return the first of the next events that is refused or unknown; None for none."""
    with SqliteLog(log.path) as whole:
        gate = Gate(whole, state, Window(pins).at)
        verdicts = islice(gate.admit(whole.records(state.head.position)), _BEHIND)
        return next((verdict for verdict in verdicts if not verdict.admitted), None)


class ReplicaAsOf(AdmittedReplica):
    """The admitted events up to the end of a log. Closes it."""

    def __init__(self, log: LogUpto, admission: Admission, states: GateStates) -> None:
        """Read through `log`. Raises `Unavailable` where its last event was not admitted here."""
        self._states = states
        self._upto = log
        self._opened: Opened | None = None
        self._records: dict[int, Record] = {}
        self._bodies: dict[bytes, bytes] = {}
        super().__init__(log.path, admission, log=log)

    def look_again(self) -> None:
        """Compare the last event with its pin: every hash goes back to the first one."""
        self._head = self.log.head()
        self._pins = pins_of(self._admission.folder(), self.folder)
        pinned = self._pins.hash_at(self._head.position)
        if pinned is None:
            raise not_admitted(self._head.position)
        if pinned != self._head.hash:
            raise Forked(self._head.position, pinned, self._head.hash)
        self._level = Window(self._pins).at

    def record(self, position: int) -> Record | None:
        """Return the event at `position`, None for none. Raises `IntegrityFailure`."""
        return _remembered(self._records, position, super().record)

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
        return _remembered(self._bodies, digest, super().body)

    def state_folder(self) -> Path:
        """Return where this account keeps what it knows of the organization."""
        return self._pins.folder

    def of_topics(self, topics: Sequence[str], upto: int) -> list[Record]:
        """Return the events of these kinds up to a position, in order."""
        positions = self._states.positions_of(self._upto, topics)
        found = (self.record(position) for position in positions if position <= upto)
        return [record for record in found if record is not None]

    def follow(self) -> None:
        """Stay as of that event."""

    def stopped(self) -> str | None:
        """Return why what is stored after the newest event does not count; None for nothing."""
        stopped = self._states.stopped_after(self._upto, self._pins)
        return stop(stopped).message if stopped else None

    def purge_after(self) -> int | None:
        """Return the newest event that purged texts after all that is here; None for none.

        It was admitted: nothing stands for what it purged any more. A void one purged nothing; one
        of which it is not known yet may have.
        """
        stored = self._upto.stored_after("bodies.purged")
        pinned = self._pins.head.position if stored else 0
        admitted = [one for one in stored if one <= pinned]
        known = judged.load(self._pins, tidy=False) if admitted else None
        void = known.void if known else {}
        return next((one for one in admitted if one not in void), None)

    @property
    def opened(self) -> Opened:
        """What the gate says."""
        # Not a cached property: before Python 3.12, all threads wait while one of them is made.
        if self._opened is None:
            state = self._states.at(self._upto, self._pins)
            self._opened = Opened(Gate(self._upto, state), self._pins, Standing.LEVEL)
        return self._opened


def _remembered(
    known: dict[Key, Thing], key: Key, read: Callable[[Key], Thing | None]
) -> Thing | None:
    """Return what is known, or read it: an answer comes back to a few things several times."""
    if (found := known.get(key)) is not None:
        return found
    if len(known) >= _FEW:
        known.clear()
    if (found := read(key)) is not None:
        known[key] = found
    return found


def pins_of(state_dir: Path, folder: Path) -> Pins:
    """Return the pins of the organization in a folder. Raises `Unavailable` where it has none."""
    places = StateFolder(state_dir)
    organization = places.organization_at(place_of_folder(folder))
    if organization is None:
        raise not_admitted(1)
    return places.pins(organization)


def not_admitted(position: int) -> TetraEsError:
    """Return the error for an event that nobody looked at on this account."""
    return Unavailable(
        f"event #{position} was not admitted on this account yet",
        hint="`tetra-es status` admits what is new, on the account that the service runs on",
    )
