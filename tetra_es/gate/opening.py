"""Opening an organization: compare with the pins, admit what is new, pin it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.gate.gate import Gate
from tetra_es.gate.pins import checked, judged
from tetra_es.gate.pins.pins import Forked, Unexpected, Window
from tetra_es.gate.pins.sharing import is_shared
from tetra_es.gate.pins.standing import Behind, Standing, organization_of, standing
from tetra_es.gate.verdicts import Kind
from tetra_es.log.chain import START, Head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from tetra_es.gate.pins.pins import Pins
    from tetra_es.gate.pins.places import StateFolder
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.record import Record


class ReadableLog(Protocol):
    """What is asked of a log; every engine has it."""

    def head(self) -> Head:
        """Return the newest event's position and hash."""

    def holds(self, at: Head) -> bool:
        """Return whether the event with this hash is at this position."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`."""

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none."""


@dataclass
class Opened:
    """An organization that was opened: what the gate knows, and what it said of new events."""

    gate: Gate
    pins: Pins
    standing: Standing
    """How it stood before."""
    void: list[Verdict] = field(default_factory=list)
    """The void events among those that were new; `gate.state.void` has all."""
    stopped: Verdict | None = None
    """The event that is refused or unknown: nothing after it counts."""
    unpinned: list[bytes] = field(default_factory=list)
    """Hashes of events that were admitted and could not be pinned: the folder is read-only."""
    aggregates: dict[str, Any] = field(default_factory=dict)
    """What was kept beside the gate's state, by stream; see `checked.save`."""
    judged: int = 0
    """Position up to which it is listed beside the pins which events are void."""
    kept: Head = START
    """The event that the gate's state was kept at."""

    def __post_init__(self) -> None:
        self._window = Window(self.pins)

    @property
    def founder(self) -> str:
        """The founder's key, to be shown for an organization that is new here."""
        return self.gate.state.founder

    def hash_at(self, position: int) -> bytes | None:
        """Return the hash of an admitted event, None where none is admitted; from 1 on."""
        head = self.gate.state.head.position
        if position > head:
            return None
        first = head - len(self.unpinned) + 1
        return self.unpinned[position - first] if position >= first else self._window.at(position)

    @property
    def is_behind(self) -> bool:
        """Whether what is here ends before an event that was admitted before."""
        return self.standing is Standing.BEHIND

    def check_complete(self) -> None:
        """Raise `Behind` where what is here ends before an event that was admitted before."""
        if self.is_behind:
            from tetra_es.gate.pins.sharing import sharing_of  # of few commands

            behind = Behind(self.pins.head, self.gate.state.head)
            if sharing_of(self.pins.folder):
                behind.hint = "`tetra-es pull` takes over what is missing here"
            raise behind

    def check_recording(self, *, shared: bool = False) -> None:
        """Raise `TetraEsError` where nothing may be recorded on what is here.

        With `shared`, what is missing here is taken over from where it is shared before that.
        """
        if not shared:
            self.check_complete()
        if self.stopped:
            raise stop(self.stopped)


def open_organization(
    log: ReadableLog,
    folder: StateFolder,
    place: str,
    *,
    ask: bool = True,
    expect: Head | None = None,
    recording: bool = False,
    behind: bool = False,
    check: Callable[[], None] | None = None,
) -> Opened:
    """Admit what is new in a log, and pin it.

    `place` is where it was found. Without `ask`, nobody is there who could look at the founder: an
    organization that this account never saw then needs `expect`, which counts for such alone.
    Where the state folder cannot be written, the new events are admitted in memory, but not for
    `recording`, for which all that was admitted has to be here, unless it may be `behind` or is
    shared. `check` is called before something that is new is pinned, and may raise.

    Raises `AnotherHistory`, `Forked`, `Refused`, `Behind`, `IntegrityFailure`.
    """
    pins, stands = compare(log, folder, place, ask=ask, expect=expect)
    new = stands is Standing.NEW
    kept = None if new else checked.load(pins)
    if kept and kept.state.head.position > log.head().position:
        kept = None  # it is that of a newer copy, and stays
    known = judged.load(pins)
    gate = Gate(log, kept.state if kept else None, Window(pins).at, known)
    opened = Opened(gate, pins, stands, judged=known.upto if known else 0)
    if kept:
        opened.aggregates, opened.kept = kept.aggregates, kept.state.head
    purged = len(gate.state.purged)
    hashes = _admit(opened, log, expect if new else None)
    if len(gate.state.purged) > purged:
        forget_texts(opened)
    if opened.stopped and opened.gate.state.head == START:
        raise stop(opened.stopped)  # nothing at all is admitted
    if recording:
        opened.check_recording(shared=behind or is_shared(pins.folder))
    if hashes and check:
        check()
    try:
        pin(opened, hashes)
        folder.remember(place, pins.folder.name)
        keep(opened)
    except TetraEsError as error:
        if recording or isinstance(error, Forked):
            raise
        pinned = pins.head.position
        first = opened.gate.state.head.position - len(hashes)
        opened.unpinned = hashes[max(0, pinned - first) :]
    return opened


def compare(
    log: ReadableLog, folder: StateFolder, place: str, *, ask: bool, expect: Head | None
) -> tuple[Pins, Standing]:
    """Return the pins of the history in a log, and how it stands to them.

    Raises `AnotherHistory`, `Forked`, `IntegrityFailure`, and `Refused` where it is new on this
    account, nobody is asked, and nothing is expected.
    """
    organization = organization_of(log)
    folder.check_place(place, organization, log.head())
    pins = folder.pins(organization)
    stands = standing(log, pins)
    check_asked(stands, ask=ask, expect=expect)
    return pins, stands


def check_asked(stands: Standing, *, ask: bool, expect: Head | None) -> None:
    """Raise `Refused` where a history is new, nobody can look at it, and nothing is expected."""
    if stands is Standing.NEW and not ask and expect is None:
        raise Refused(
            "this account never saw this history, and nobody is asked",
            hint="give --expect POSITION:HASH, or TETRA_EXPECT, as somebody says who knows it",
        )


def catch_up(opened: Opened, log: ReadableLog, *, shared: bool = False) -> list[Verdict]:
    """Admit and pin what others appended since; return the verdicts of void ones.

    Raises `TetraEsError`, also where an event is refused or unknown, and as `check_recording` does.
    """
    opened.void = []
    purged = len(opened.gate.state.purged)
    hashes = _admit(opened, log, None)
    if len(opened.gate.state.purged) > purged:
        forget_texts(opened)
    if hashes:
        pin(opened, hashes)
    opened.check_recording(shared=shared)
    return opened.void


def _admit(opened: Opened, log: ReadableLog, expect: Head | None) -> list[bytes]:
    """Admit what is new; return the hashes from the first that is not pinned, up to the head.

    Others may pin meanwhile: what they pinned after that is among them.
    """
    gate, window = opened.gate, Window(opened.pins)
    hashes: list[bytes] = []
    for verdict in gate.admit(log.records(gate.state.head.position)):
        record = verdict.record
        pinned = window.at(record.position)
        if not verdict.admitted:
            opened.stopped = verdict
            if pinned:
                raise IntegrityFailure(
                    f"event #{record.position} was changed since it was admitted on this account: "
                    f"{verdict.what}",
                    hint="somebody changed the store; `tetra-es verify` looks at all of it",
                )
            if not gate.firm:
                raise stop(verdict)
            break
        if expect and record.position == expect.position:
            check_expected(record.head, expect)
            expect = None
        if pinned is not None and pinned != record.hash:
            raise Forked(record.position, pinned, record.hash, log.head())
        if pinned is None or hashes:
            hashes.append(record.hash)
            opened.void += [verdict] if verdict.kind is Kind.VOID else []
    if expect:
        raise not_here(expect)
    return hashes


def check_expected(found: Head, expect: Head) -> None:
    """Raise `Unexpected` where the event at the expected position is another one."""
    if found.hash != expect.hash:
        raise Unexpected(found.position, found.hash)


def not_here(expect: Head) -> IntegrityFailure:
    """Return the error for an event that was expected in a history that is shorter."""
    return IntegrityFailure(
        f"event #{expect.position} was expected, and is not here",
        hint="get a newer copy, or look again at what was expected",
    )


def pin(opened: Opened, hashes: list[bytes]) -> None:
    """Pin the last admitted events. Raises `Forked`, and `TetraEsError` where that failed."""
    pins, first = opened.pins, opened.gate.state.head.position - len(hashes)
    if hashes:
        pins.begin(opened.founder)
        before = pins.hash_at(first) if first else START.hash
        if before is None:
            raise TetraEsError(f"{pins.folder} has changed", hint="run the command again")
        pins.append(Head(first, before), hashes)
    state = opened.gate.state
    if opened.is_behind and state.head.position >= pins.head.position:
        opened.standing = Standing.LEVEL
    if hashes and first <= opened.judged < state.head.position:
        judged.add(pins, first, state.head, state.void)
    elif opened.judged < state.head.position:
        judged.write(pins, state.head, state.void)
    opened.judged = max(opened.judged, state.head.position)


def forget_texts(opened: Opened) -> None:
    """Drop what was kept beside the pins: a text may be in it that an event purged."""
    opened.aggregates.clear()
    opened.kept = START
    checked.drop(opened.pins)


def keep(opened: Opened) -> None:
    """Keep the state beside the pins, now and then."""
    state = opened.gate.state
    if state.head.position >= opened.kept.position + checked.EVERY:
        checked.save(opened.pins, state, opened.aggregates)
        if opened.judged == state.head.position:
            judged.write(opened.pins, state.head, state.void)  # in one line instead of many
        opened.kept = state.head


class Newer(TetraEsError):
    """There is an event that only a newer tetra-es knows, or one that says so."""


def stop(verdict: Verdict, *, shared: bool = False) -> TetraEsError:
    """Return the error for an event that is refused or unknown, here or where it is `shared`."""
    position = verdict.record.position
    if verdict.kind is Kind.UNKNOWN:
        repair = "tetra-es share repair --newer" if shared else "tetra-es repair"
        return Newer(
            f"event #{position} was recorded by a newer tetra-es: {verdict.what}",
            hint=f"upgrade tetra-es; if there is no newer one, `{repair}` sets it aside",
        )
    return IntegrityFailure(
        f"event #{position} is refused: {verdict.what}",
        hint="`tetra-es repair` takes it, and what comes after it, out of the history",
    )
