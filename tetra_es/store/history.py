"""The store, for recording: aggregates as the admitted events make them, and appending to them."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from tetra_es.disk.closing import Closing
from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.config import ORG_STREAM
from tetra_es.gate.opening import forget_texts, keep
from tetra_es.gate.pins.standing import Behind
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.log.chain import START
from tetra_es.log.counting import Reached
from tetra_es.log.deciding import Recorder
from tetra_es.log.sqlite import wal
from tetra_es.log.sqlite.engine import AppendableSqliteLog
from tetra_es.log.sqlite.opening import FirstEdition
from tetra_es.model.aggregate import Aggregate
from tetra_es.model.environment import Environment, environment_stream
from tetra_es.model.host import HostState, deployments_stream
from tetra_es.model.organization import Organization
from tetra_es.refs import format_time
from tetra_es.store.log import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.gate.gated import GatedLog
    from tetra_es.gate.sharing_log import SharingLog
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.chain import Head
    from tetra_es.log.deciding import Appended, Decision
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record
    from tetra_es.log.shared import SharedLog
    from tetra_es.model.secrets import Vault

AnyAggregate = TypeVar("AnyAggregate", bound=Aggregate)
Result = TypeVar("Result")

RULES: Final = 1
"""The least rule set that events are recorded under; higher ones where they have what needs it."""

FOLDED: Final = 100
"""Events of an aggregate after which it is kept beside the pins as it is then."""


class NotUpgraded(TetraEsError):
    """The store is a new one, and its organization is still one of the first edition."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} has an organization whose upgrade was cut short",
            hint="`tetra-es upgrade` goes on",
        )


class History(Closing):
    """The store, for recording. Use as a context manager."""

    def __init__(
        self,
        path: Path,
        key: SigningKey | Callable[[], SigningKey],
        admission: Admission,
        *,
        why: str = "",
        upgrading: bool = False,
        behind: bool = False,
    ) -> None:
        """Open the store at `path`, and admit what is new in it.

        What a killed command left in the write-ahead log is brought into the store's file, and a
        purge that it did not finish is finished. Raises `FirstEdition` for an old store, and as
        the gate does. `why` says why a new history may begin where another one was; `upgrading` is
        for recording that the organization is upgraded, which comes first. A function that returns
        `key` is called when something is signed. With `behind`, the newest events that were
        admitted may be missing until something is recorded.
        """
        self.path = path
        self._key = key
        self._log = _appendable(path)
        self._sharing: SharingLog | None = None
        self._behind = behind
        self._leads_away: Callable[[Record], bool] = lambda _: False
        try:
            if wal.is_filled(path):
                wal.empty(path)
            self.replica = AdmittedReplica(
                path, admission, log=self._log, recording=True, behind=behind
            )
            self._admission, self._why = admission, why
            self._gated: GatedLog | None = None
            self._folded: dict[str, tuple[Aggregate, int]] = {}
            """Stream to aggregate, and its version when it was loaded or kept last."""
            if self._log.head() != START:
                self._open_gate()
                if not upgrading and self.floor < RULES:
                    raise NotUpgraded(path)
                self._finish_purges()
        except BaseException:
            self._log.close()
            raise

    def close(self) -> None:
        """Let go of the file, and of the shared log."""
        (self._sharing or self._log).close()

    def follow(self) -> Head:
        """Admit what others recorded meanwhile; return the head. Raises as the gate does.

        Where the organization is shared, it is asked for when something was in between.
        """
        if self._gated is None:
            return START
        self._gated.catch_up()
        if self._sharing is not None and self._sharing.is_stale:
            self.receive()
        return self.replica.opened.gate.state.head

    @property
    def key(self) -> SigningKey:
        """What signs. Raises `TetraEsError` where there is no usable key."""
        if callable(self._key):
            self._key = self._key()
        return self._key

    @key.setter
    def key(self, key: SigningKey) -> None:
        self._key = key

    @property
    def missing(self) -> Behind | None:
        """That newer events were admitted than are here, None where all of them are here."""
        opened = self.replica.opened
        return Behind(opened.pins.head, opened.gate.state.head) if opened.is_behind else None

    @property
    def is_shared(self) -> bool:
        """Whether others append to the same log."""
        return self._sharing is not None

    def join(
        self, shared: SharedLog, leads_away: Callable[[Record], bool] = lambda _: False
    ) -> None:
        """Record where others do, from now on. `receive` has to follow.

        After an event that `leads_away`, nothing more is taken over from there.
        """
        self._leads_away = leads_away
        from tetra_es.gate.sharing_log import SharingLog

        if self._sharing is not None and self._sharing.shared is not shared:
            self._sharing.shared.close()
        self._sharing = SharingLog(self._log, shared)
        self._sharing.is_stale = False  # until it is asked
        self._open_gate()

    def receive(self, *, repairing: bool = False) -> list[Verdict]:
        """Take over what others appended to the shared log; return the void ones.

        Nothing where there is no such log. `repairing` takes what comes before the first thing
        that is not an event. Raises as `SharedLog.fetch` and the gate do.
        """
        if self._sharing is None:
            return []
        from tetra_es.gate.receiving import Receiver

        shared = self._sharing.shared
        if repairing:
            shared.fetch_sound()
        else:
            shared.fetch()
        try:
            void = Receiver(self.replica.opened, self._log, shared, self._leads_away).receive()
        except TetraEsError:
            self.open_again()  # the gate knows more than was taken over
            raise
        finally:
            self._finish_purges()
        self.replica.opened.check_recording()
        self._sharing.is_stale = False
        return void

    @property
    def in_doubt(self) -> str | None:
        """Where something was sent that may be there or not, None where nothing is in doubt."""
        sharing = self._sharing
        return sharing.shared.shown if sharing is not None and sharing.in_doubt else None

    @property
    def shared(self) -> SharedLog | None:
        """The log that others append to as well, None where there is none."""
        return None if self._sharing is None else self._sharing.shared

    def open_again(self) -> None:
        """Admit what is in the log now: an interrupt may have come between an event and its pin."""
        if self._log.head() != START:
            self.replica.open_again()
            self._open_gate()

    @property
    def floor(self) -> int:
        """The least number of rules that the next event may have."""
        return self.replica.opened.gate.state.floor

    @property
    def reached(self) -> Reached:
        """What the effective times of the next events rise from."""
        return self.replica.opened.gate.state.reached if self._gated else Reached()

    def may_correct(self, name: str) -> bool:
        """Return whether a signer may say that times in the history are wrong."""
        return self._gated is not None and self.replica.opened.gate.state.may_correct(name)

    def organization(self) -> Organization:
        """Return the organization as it is now; version 0 where there is none yet."""
        return self._load(Organization, ORG_STREAM)

    def environment(self, name: str) -> Environment:
        """Return the environment as it is now; version 0 where it has no state yet."""
        return self._load(Environment, environment_stream(name))

    def host(self, environment: str, host: str) -> HostState:
        """Return an environment on a host as it is now; version 0 where it was never deployed."""
        return self._load(HostState, deployments_stream(environment, host))

    def vault(self, environment: str) -> Vault:
        """Return the secrets of an environment as they are now."""
        if self._gated is None:  # there is no event yet
            from tetra_es.model.secrets import Vault, secrets_stream

            return Vault(secrets_stream(environment))
        return self.replica.vault(environment)

    def readers(self, digests: Collection[bytes]) -> dict[int, str]:
        """Return position and verdict of each event that needs one of some bodies."""
        return self.replica.opened.gate.readers(digests)

    def record(self, decide: Callable[[], Decision[Result]]) -> Appended[Result]:
        """Have something decided, and append it, again where others appended in between.

        `take_in_founding` has to follow. Raises what `decide` raises, `Refused` where the gate
        would not admit it, and as `log.deciding.Recorder` does.
        """
        log: AppendableLog = self._gated or self._founding()
        done = Recorder(log, self.key, decide, once=self.key.asks).record()
        if done.records and self._gated is not None:
            self.follow()  # an answer that was lost left them in the log alone
        return done

    def take_in_founding(self) -> None:
        """Open the gate for what comes after the first events, which were recorded."""
        if self._gated is None:
            self._take_place()
            self._open_gate()

    def purge(self, digests: Collection[bytes]) -> None:
        """Destroy bodies that an event names which was recorded."""
        if digests and self._gated:
            opened = self.replica.opened
            forget_texts(opened)
            self._folded.clear()
            self._gated.purge(digests)
            with suppress(TetraEsError):  # it is a cache
                keep(opened)

    def take_warnings(self) -> list[str]:
        """Return what went wrong after something was recorded, since the last time."""
        if self._gated is None:
            return []
        warnings, self._gated.warnings = self._gated.warnings, []
        return warnings

    def keep(self) -> None:
        """Keep aggregates that took long to load beside the pins, as they are now."""
        from tetra_es.gate.pins import checked

        grown = [
            aggregate
            for aggregate, version in self._folded.values()
            if aggregate.version - version > FOLDED and not aggregate.pending
        ]
        if not grown:
            return
        opened = self.replica.opened
        for each in grown:
            opened.aggregates[each.id] = [each.version, each.snapshot()]
            self._folded[each.id] = (each, each.version)
        with suppress(TetraEsError):  # it is a cache
            checked.save(opened.pins, opened.gate.state, opened.aggregates)

    def _load(self, cls: type[AnyAggregate], stream: str) -> AnyAggregate:
        if self._gated is None:
            return cls(stream)
        known = self._kept(cls, stream)
        version = known.version if known else 0
        aggregate = self._log.application.load(cls, stream, known)
        self._folded[stream] = (aggregate, version)
        aggregate.skip_to(self.replica.opened.gate.state.versions.get(stream, 0))
        return aggregate

    def _kept(self, cls: type[AnyAggregate], stream: str) -> AnyAggregate | None:
        """Return an aggregate as it was kept beside the pins, None where it was not."""
        kept = self.replica.opened.aggregates.get(stream)
        try:
            version, snapshot = kept or (0, {})
            aggregate = cls(stream)
            aggregate.restore(version, deepcopy(snapshot))
        except (ValueError, TypeError, KeyError):
            return None
        return aggregate if version else None

    def _open_gate(self) -> None:
        from tetra_es.gate.gated import GatedLog

        self.replica.look_again()
        log: AppendableLog = self._sharing or self._log
        self._gated = GatedLog(log, self.replica.opened, shared=self.is_shared or self._behind)
        replica = self.replica
        self._log.purged = replica.opened.gate.state.purged
        self._log.application.log_recorder.of_stream = lambda *stream, **which: (
            record
            for record in replica.of_stream(*stream, **which)
            if replica.void(record.position) is None
        )

    def _take_place(self) -> None:
        """Have the folder stand for the new history, where it stood for another one."""
        from tetra_es.gate.pins.places import StateFolder, place_of_folder
        from tetra_es.gate.trust import carry_out, plan_move

        folder, place = StateFolder(self._admission.folder()), place_of_folder(self.replica.folder)
        if self._why and folder.organization_at(place) is not None:
            move = plan_move(self._log, folder, place, self._log.head())
            carry_out(move, folder, place, why=self._why, time=format_time(datetime.now(UTC)))

    def _founding(self) -> AppendableLog:
        from tetra_es.gate.founding import FoundingLog

        return FoundingLog(self._log)

    def _finish_purges(self) -> None:
        """Destroy what valid events say is destroyed, where a killed command did not."""
        left = self._log.stored(self.replica.opened.gate.state.purged)
        if left:
            self.purge(left)


def _appendable(path: Path) -> AppendableSqliteLog:
    """Open a log. Raises `FirstEdition` for an old store that is sound as far as one sees."""
    try:
        return AppendableSqliteLog(path)
    except FirstEdition:
        with EventLog(path) as old:
            old.require_events()
        raise


def check_free(admission: Admission, folder: Path) -> None:
    """Raise `Refused` where a folder had another history on this account."""
    from tetra_es.gate.pins.places import StateFolder, place_of_folder

    known = StateFolder(admission.folder()).organization_at(place_of_folder(folder))
    if known is not None:
        raise Refused(
            f"{folder} had a history before, whose event 1 was {known}",
            hint="put its store back; to begin a new history here, say why with -m",
        )
