"""What a use case decides on: aggregates, each loaded once, and what is saved of them together."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.config import ORG_STREAM
from tetra_es.events.metadata import Context
from tetra_es.log.deciding import Decision
from tetra_es.log.forms import batch_of
from tetra_es.log.replica import valid_events
from tetra_es.model.environment import Environment, environment_stream
from tetra_es.model.host import HostState, deployments_stream
from tetra_es.model.secrets import Vault, secrets_stream
from tetra_es.refs import format_time
from tetra_es.store.history import RULES
from tetra_es.usecases.clock import check_clock, check_correction
from tetra_es.usecases.recorded import Recorded, recorded_all_the_same

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.events.base import Event
    from tetra_es.events.secrets import NamedBy
    from tetra_es.gate.pins.standing import Behind
    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es.log.shared import SharedLog
    from tetra_es.model.aggregate import Aggregate
    from tetra_es.model.organization import Organization
    from tetra_es.store.history import History
    from tetra_es.usecases.ports import Refs

    AnyAggregate = TypeVar("AnyAggregate", bound=Aggregate)
    Result = TypeVar("Result")


def utc_now() -> str:
    """Return the time as events write it."""
    return format_time(datetime.now(UTC))


@dataclass(frozen=True)
class Intent:
    """Why a command records, and whether it is for real.

    Raises `Refused` where the reason has what looks like a secret: it would be in an event.
    """

    reason: str = ""
    dry_run: bool = False
    clock: Callable[[], str] = utc_now
    clock_was_wrong: bool = False
    """Whether times in the history are known to be in the future by mistake."""

    def __post_init__(self) -> None:
        """Look at the reason."""
        if self.reason:
            from tetra_es.secret_scan.prose import refuse_in_reason

            refuse_in_reason(self.reason)


class Again(NamedTuple):
    """The parts of an event that stay when it is decided again."""

    reason: str
    origin: dict[str, Any]
    """Its position, hash and time, as `rerecorded_from` has them."""


class UnitOfWork:
    """One command's view of one organization."""

    def __init__(self, history: History, refs: Refs, intent: Intent) -> None:
        self.log: Replica = history.replica
        self.refs = refs
        self.intent = intent
        self._history = history
        self.again: Again | None = None
        """The event of a fork that is decided again, None where something new is decided."""
        self.saved: list[int] = []
        """Positions of what was recorded, all that `save` returned from."""
        self.correlation = os.urandom(8).hex()
        """Shared by the events that the command records."""
        self._loaded: dict[str, Aggregate] = {}
        self._head: Head | None = None
        """The events up to here are in what was loaded."""
        self._now: str | None = None
        """The time of all that is decided together, None before anybody asked for it."""
        self._bodies: list[bytes] = []
        self._destroyed: list[bytes] = []
        self._warnings: list[str] = []

    def organization(self) -> Organization:
        """Return the organization. Raises `TetraEsError` where the store has none."""
        organization = self.new_organization()
        if not organization.version:
            raise TetraEsError(
                f"the store {self._history.path} is empty",
                hint="its init was cut short: `tetra-es init ORG` goes on",
            )
        return organization

    def new_organization(self) -> Organization:
        """Return the organization, which may have no event yet."""
        return self._load(ORG_STREAM, self._history.organization)

    @property
    def key(self) -> SigningKey:
        """What signs. Raises `TetraEsError` where there is no usable key."""
        return self._history.key

    @property
    def missing(self) -> Behind | None:
        """That newer events were admitted than are here, None where all of them are here."""
        return self._history.missing

    @property
    def waiting(self) -> Path:
        """The folder of what happened on hosts and could not be recorded yet."""
        return self._history.replica.opened.pins.folder / "waiting"

    @property
    def floor(self) -> int:
        """The least number of rules that the next event may have."""
        return self._history.floor

    def environment(self, name: str) -> Environment:
        """Return the environment as it is now; version 0 where it has no state yet."""
        return self._load(environment_stream(name), lambda: self._history.environment(name))

    def vault(self, environment: str) -> Vault:
        """Return the secrets of an environment as they are now."""
        return self._load(secrets_stream(environment), lambda: self._history.vault(environment))

    def host(self, environment: str, host: str) -> HostState:
        """Return an environment on a host as it is now; version 0 where it was never deployed."""
        stream = deployments_stream(environment, host)
        return self._load(stream, lambda: self._history.host(environment, host))

    def _load(self, stream: str, load: Callable[[], AnyAggregate]) -> AnyAggregate:
        if stream not in self._loaded:
            self._loaded[stream] = load()
        # A stream has one kind of aggregate, which its loader made.
        return self._loaded[stream]  # type: ignore[return-value]

    def context(self, *, reason: str | None = None) -> Context:
        """Return the context of events to record; `reason` in the place of the command's.

        Raises `Refused` when our key is not a signer's: what it signed would not verify.
        """
        organization = self.organization()
        actor = organization.signer_with(self.key.public_line)
        if actor is None:
            raise Refused(
                f"your key is not a signer of {organization.name}",
                hint="`tetra-es identity line` prints what a signer needs to add you",
            )
        return self.context_as(actor, reason=reason)

    def context_as(self, actor: str, *, reason: str | None = None) -> Context:
        """Return the context of events recorded by `actor`, who decides all of them at one time.

        They are recorded in another order than they are decided in.
        """
        told = self.again.reason if self.again else self.intent.reason
        if self._now is None:
            self._now = self.intent.clock()
        return Context(
            actor=actor,
            reason=told if reason is None else reason,
            correlation=self.correlation,
            now=self._now,
            rerecorded_from=self.again.origin if self.again else None,
            corrects=self._corrects(actor, self._now),
        )

    def _corrects(self, actor: str, now: str) -> bool:
        """Return whether an event of now says that those before are dated in the future.

        Raises `Refused` or `UsageError` where it was asked to, and cannot.
        """
        if not self.intent.clock_was_wrong:
            return False
        reached = self._history.reached
        if not self.saved:  # what follows is after the correction
            may = self._history.may_correct(actor)
            check_correction(reached, now, self.intent.reason, may_correct=may)
        return reached.time > now

    @property
    def pending(self) -> list[Event]:
        """The events that were decided on and are not recorded yet."""
        return [event for aggregate in self._loaded.values() for event in aggregate.pending]

    def add_body(self, data: bytes) -> None:
        """Have an age file, or rules, stored together with the events that name them."""
        self._bodies.append(data)

    def destroy_body(self, digest: bytes) -> None:
        """Have a body destroyed after the event that says so."""
        self._destroyed.append(digest)

    def readers(self, digests: Collection[bytes]) -> list[NamedBy]:
        """Return the events that need one of some bodies, as a purge event lists them."""
        found = sorted(self._history.readers(digests).items())
        return [{"position": position, "verdict": verdict} for position, verdict in found]

    def warn(self, message: str) -> None:
        """Have people told something that stops nothing."""
        self._warnings.append(message)

    def take_warnings(self) -> list[str]:
        """Return the warnings since the last time."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def positions_after(self, position: int) -> list[int]:
        """Return the positions of our own events after `position`, by what the store says.

        For a command that was interrupted, wherever that was. Where it was about to hear whether
        its events are in the shared log, that is asked. Raises `TetraEsError`.
        """
        self._history.open_again()
        if self.in_doubt is not None:
            self._history.receive()
        return [
            record.position
            for record, event in valid_events(self.log, self.log.records(position))
            if event.metadata["correlation"] == self.correlation
        ]

    @property
    def in_doubt(self) -> str | None:
        """Where something was sent that may be there or not, None where nothing is in doubt."""
        return self._history.in_doubt

    def run(self, decide: Callable[[UnitOfWork], Result]) -> tuple[Result, list[Recorded]]:
        """Have something decided on the newest events, and record it as one batch.

        It is decided again where others recorded in between. A dry run records nothing. Raises
        what `decide` raises, `Refused` where the gate would not admit what was decided.
        """
        attempts = count()

        def attempt() -> Decision[tuple[Result, list[Event]]]:
            if next(attempts):
                self.forget()  # on the same head too, where the log did not answer
                self._check_not_moved()
            return self._decision(decide)

        try:
            done = self._history.record(attempt)
        except BaseException:
            self.forget()  # what was decided and not recorded must not be recorded later
            raise
        result, events = done.result
        if not done.records:
            return result, [Recorded(event, None) for event in events]
        self._head = done.records[-1].head
        positions = [record.position for record in done.records]
        recorded = [Recorded(*pair) for pair in zip(events, positions, strict=True)]
        self.saved += positions
        destroyed, self._destroyed = self._destroyed, []
        with recorded_all_the_same(recorded):
            self._history.take_in_founding()
            self._history.purge(destroyed)
        self._warnings += self._history.take_warnings()
        self._history.keep()
        return result, recorded

    def _check_not_moved(self) -> None:
        """Raise `Refused` where the log goes on elsewhere since it was asked."""
        self._history.follow()
        if self.is_shared:
            from tetra_es.usecases.moves import check_not_moved  # where others record, too

            check_not_moved(self.log, self.pins)

    def _decision(
        self, decide: Callable[[UnitOfWork], Result]
    ) -> Decision[tuple[Result, list[Event]]]:
        head = self._history.follow()
        if head != self._head:
            self.forget()
            self._head = head
        self._now = None
        try:
            result = decide(self)
        except BaseException:
            self.forget()
            raise
        events = self._take_events()
        check_clock(self._history.reached, events)
        bodies, self._bodies = self._bodies, []
        if self.intent.dry_run or not events:
            self._destroyed = []
            return Decision(head, [], [], (result, events))
        least = max(RULES, self.floor) if head.position else RULES
        batch = batch_of(events, least)
        return Decision(head, batch.drafts, [*batch.bodies, *bodies], (result, events))

    def _take_events(self) -> list[Event]:
        """Return all that was decided.

        The organization's events come first, since others may rest on them, such as on an
        exception from the secret scan; then those of an aggregate that was loaded earlier.
        """
        loaded = sorted(self._loaded.values(), key=lambda each: each.id != ORG_STREAM)
        return [event for aggregate in loaded for event in aggregate.collect_events()]

    def head(self) -> Head:
        """Return the newest event's position and hash."""
        return self._history.follow()

    def follow(self) -> None:
        """Take in what others recorded; what was loaded before that is loaded again."""
        if self._history.follow() != self._head:
            self.forget()

    def receive(self, *, repairing: bool = False) -> None:
        """Take over what others recorded at the shared log; nothing where there is none.

        `repairing` takes what comes before the first thing that is not an event.
        """
        for verdict in self._history.receive(repairing=repairing):
            position = verdict.record.position
            self._warnings.append(f"event #{position} is void and changes nothing: {verdict.what}")
        warnings = self.take_warnings()
        self.follow()
        self._warnings += warnings

    @property
    def shared(self) -> SharedLog | None:
        """The log that others append to as well, None where there is none."""
        return self._history.shared

    @property
    def pins(self) -> Path:
        """The folder with what this account admitted of the organization."""
        return self._history.replica.opened.pins.folder

    @property
    def is_shared(self) -> bool:
        """Whether others append to the same log."""
        return self._history.is_shared

    def join(
        self, shared: SharedLog, leads_away: Callable[[Record], bool] = lambda _: False
    ) -> None:
        """Record where others do, from now on.

        After an event that `leads_away`, nothing more is taken over from there.
        """
        self._history.join(shared, leads_away)

    def forget(self) -> None:
        """Drop everything loaded and decided: it is loaded again when it is asked for."""
        self._loaded.clear()
        self._warnings.clear()
        self._bodies, self._destroyed = [], []
        self._head = None
