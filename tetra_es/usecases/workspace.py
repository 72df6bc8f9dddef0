"""An organization opened for changing it: the one way from a use case to recorded events.

Each `act` holds the lock from the first look at the files to the last write, so that a file that
another command is about to replace is never taken for an edit by hand.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from tetra_es.disk.identity import file_identity
from tetra_es.disk.lock import exclusive
from tetra_es.errors import Refused, TetraEsError
from tetra_es.store.copies import open_stored
from tetra_es.store.history import History
from tetra_es.usecases.edits_on_the_way import EditsOnTheWay
from tetra_es.usecases.happened.not_recorded import NotRecorded
from tetra_es.usecases.recorded import recorded_all_the_same
from tetra_es.usecases.sharing.exchange import Exchange
from tetra_es.usecases.sharing.joining import join
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es.usecases.use_case import Done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeAlias

    from tetra_es.admission import Admission
    from tetra_es.crypto.age.identity import Identity
    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.crypto.ssh.own_key import OwnKey
    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica
    from tetra_es.log.shared import Repaired
    from tetra_es.usecases.happened.happened import Happened
    from tetra_es.usecases.ports import Listener, Projections, WorkingFiles
    from tetra_es.usecases.recorded import Recorded
    from tetra_es.usecases.rerecord.again import Decided, Outcome
    from tetra_es.usecases.rerecord.tail import Tail
    from tetra_es.usecases.sharing.pull import Pulled
    from tetra_es.usecases.sharing.share import Roles, Shared
    from tetra_es.usecases.use_case import UseCase

    Derive: TypeAlias = Callable[[OrgLayout, Replica], AbstractContextManager[Projections]]
    """Opens everything derived from a log."""

Result = TypeVar("Result")


class Workspace:
    """What a command that changes something works with; see `open_workspace`."""

    def __init__(
        self,
        layout: OrgLayout,
        work: UnitOfWork,
        projections: Projections,
        listener: Listener,
    ) -> None:
        self.layout = layout
        self._work = work
        self._projections = projections
        self._listener = listener
        self._file = file_identity(layout.store)
        self._behind: list[Recorded] = []
        """What `record` saved since the last `catch_up`."""
        self._exchange = Exchange(work, projections, listener)
        self._edits = EditsOnTheWay(layout, work, projections, listener)

    @property
    def files(self) -> WorkingFiles:
        """The projected files in the organization's folder."""
        return self._projections.files

    def act(self, use_case: UseCase[Result]) -> Done[Result]:
        """Have a use case decide on the newest state, save what it decided, and catch up.

        Hand edits of the files that it depends on are recorded first, the others mentioned.
        Raises `TetraEsError` that says what is recorded where not everything could be derived.
        """
        edits: list[Recorded] = []
        recorded: list[Recorded] = []
        with exclusive(self.layout.lock):
            self._work.follow()
            self._projections.catch_up(self._listener.progress)
            self._exchange.receive()
            try:
                edits += self._send_waiting()
                self._edits.record(use_case, self._decide, edits)
                for path in use_case.writes():
                    self.files.check_writable(path)
                backed_up = self._back_up_drift(use_case)
                result, recorded = self._decide(use_case.decide)
            finally:
                self._settle([*edits, *recorded])
            again = backed_up or self._missing(use_case.replaces())
            if again:
                self._restore(again)
        return Done(result, recorded, edits, None if recorded else again)

    def look(self, find: Callable[[UnitOfWork], Result]) -> Result:
        """Return what `find` finds in the newest events."""
        self._check_in_place()
        self._work.follow()
        return find(self._work)

    @property
    def correlation(self) -> str:
        """Shared by the events that the command records."""
        return self._work.correlation

    @property
    def reason(self) -> str:
        """Why the command records."""
        return self._work.intent.reason

    def record(self, decide: Callable[[UnitOfWork], Result]) -> Result:
        """Save what is decided on the newest state; it is durable when this returns.

        For what takes minutes: the lock is held for this alone, others may record in between,
        and everything derived follows with `catch_up`, or with the next command.
        """
        with exclusive(self.layout.lock):
            self._check_in_place()
            self._exchange.receive_once()
            result, saved = self._decide(decide)
            self._behind += saved
        return result

    def send(self, happened: Happened) -> None:
        """Save what happened on a host, as `record` does; where that fails, it waits.

        It is kept in the state folder first, so that nothing is lost with this process. Raises
        `NotRecorded`.
        """
        from tetra_es.usecases.happened import waiting

        path = None
        with suppress(TetraEsError):  # then it is recorded, or lost with this process
            path = waiting.put(self._work.waiting, happened)
        try:
            self.record(happened.decide)
        except TetraEsError as error:
            raise NotRecorded(error, waits=path is not None) from error
        if path is not None:
            waiting.drop(path)

    def send_waiting(self) -> None:
        """Save what earlier commands could not; `act` does so by itself."""
        with exclusive(self.layout.lock):
            self._check_in_place()
            self._work.follow()
            self._exchange.receive_once()
            self._behind += self._send_waiting()

    def _send_waiting(self) -> list[Recorded]:
        """Save what earlier commands could not, of hosts that this signer may deploy to."""
        folder = self._work.waiting
        if self._work.intent.dry_run or not folder.is_dir():
            return []
        from tetra_es.usecases.happened import waiting

        saved: list[Recorded] = []
        for path in waiting.waiting(folder):
            try:
                happened = waiting.read(path)
                if happened is None:
                    continue
                _, recorded = self._decide(happened.decide)
            except TetraEsError as error:  # which stops nothing else; another signer may
                self._listener.warned(f"cannot record what is in {path}: {error.message}")
                continue
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                self._listener.warned(f"cannot read {path}: {error}")
                continue
            waiting.drop(path)
            saved += recorded
            if recorded:
                where = (happened.environment, happened.host)
                self._listener.caught_up(*where, recorded[-1].position)
        return saved

    def catch_up(self) -> None:
        """Bring everything derived up to date after `record`."""
        behind, self._behind = self._behind, []
        with exclusive(self.layout.lock):
            self._work.follow()
            self._settle(behind)

    def serving_hosts(self, environment: str) -> Sequence[str]:
        """Return the hosts that an environment runs on, as of the last time that all caught up."""
        return self._projections.serving_hosts(environment)

    def names_of(self, environment: str, host: str, machine: str | None = None) -> Sequence[str]:
        """Return all names of a host that an environment was deployed to."""
        return self._projections.names_of(environment, host, machine)

    def deployed_hosts(self) -> Mapping[str, Sequence[str]]:
        """Return the hosts that each environment was deployed to, by what was recorded."""
        return self._projections.deployed_hosts()

    def share(self, address: str, roles: Roles | None = None) -> Shared:
        """Have everybody's events at an address from now on; see `usecases.sharing.share`."""
        with exclusive(self.layout.lock):
            self._check_in_place()
            return self._exchange.share(address, roles)

    def take_over(self) -> None:
        """Take over what others recorded, for a command that looks before it acts."""
        with exclusive(self.layout.lock):
            self._check_in_place()
            self._exchange.receive_once()

    def pull(self) -> Pulled:
        """Take over what others recorded, and mention the files that this left as they are.

        Raises `Refused` where the organization is not shared.
        """
        with exclusive(self.layout.lock):
            self._check_in_place()
            pulled = self._exchange.pull()
            self._edits.mention()
        return pulled

    def rerecord(
        self, tail: Tail, identities: Callable[[], Sequence[Identity]]
    ) -> Sequence[Outcome]:
        """Decide again what another line has after a fork, and record it batch by batch.

        Raises `Refused` where we recorded some of it, and our key is not a signer's.
        """
        from tetra_es.usecases.rerecord.again import Ran, again_before, rerecord
        from tetra_es.usecases.rerecord.deciding import Deciding

        recorded: list[Recorded] = []

        def run(decide: Callable[[UnitOfWork], Decided]) -> Ran:
            ran = Ran(*self._decide(decide))
            recorded.extend(ran.recorded)
            return ran

        with exclusive(self.layout.lock):
            self._check_in_place()
            self._exchange.receive_once()
            if any(batch.is_own for batch in tail.read()):
                self._work.context()
            deciding = Deciding(tail, self._projections.merge_texts, identities)
            try:
                return rerecord(tail, deciding, run, again_before(self._work, tail.fork))
            finally:
                self._settle(recorded)

    def repair_shared(self, *, newer: bool = False) -> Repaired | None:
        """Set aside what the shared log has and is not an event; return None where that is nothing.

        With `newer`, also events that claim to be of a newer version. The events before that are
        taken over first. Raises `Refused` where it is not shared.
        """
        with exclusive(self.layout.lock):
            self._check_in_place()
            return self._exchange.repair(newer=newer)

    def unshare(self) -> str | None:
        """Have the events here alone; return where they were shared, None for nowhere."""
        from tetra_es.usecases.sharing.share import unshare

        with exclusive(self.layout.lock):
            return unshare(self._work, self._projections)

    def _check_in_place(self) -> None:
        """Raise `TetraEsError` where the store is not the file that was opened.

        A text written to a file that was moved away is gone with it.
        """
        if file_identity(self.layout.store) != self._file:
            raise TetraEsError(
                f"{self.layout.store} was moved or replaced while this command ran",
                hint="nothing more was recorded; run it again when the store is in its place",
            )

    def _decide(self, decide: Callable[[UnitOfWork], Result]) -> tuple[Result, list[Recorded]]:
        done = self._work.run(decide)
        for warning in self._work.take_warnings():
            self._listener.warned(warning)
        return done

    def _back_up_drift(self, use_case: UseCase[Result]) -> str | None:
        """Refuse to go on where the file that a use case replaces was changed by hand.

        With `force` it is backed up; returns its path then. A dry run only refuses.
        """
        path = use_case.replaces()
        files = self._projections.files
        if path is None or not files.is_modified(path):
            return None
        if not use_case.force:
            raise Refused(
                f"{path} was changed by hand, or was there before",
                hint="take the change over into environments/local.toml or the profile; "
                "--force keeps a copy of the file and replaces it",
            )
        if self._work.intent.dry_run:
            return None
        self._listener.backed_up(files.back_up(path, self._work.log.last_position()))
        return path

    def _missing(self, path: str | None) -> str | None:
        """Return the path of a recorded file that is not there, None where it is."""
        return path if path and self._text(path) and self.files.is_missing(path) else None

    def _text(self, path: str) -> str:
        return self._work.environment(path.rpartition("/")[2].removesuffix(".toml")).text

    def _restore(self, path: str) -> None:
        """Write a generated file as recorded, where the use case changed nothing in it."""
        if not self._work.intent.dry_run:
            self._projections.files.restore(path, self._text(path).encode())

    def _settle(self, recorded: Sequence[Recorded]) -> None:
        """Bring everything derived up to date."""
        if not any(one.position for one in recorded):
            self._edits.write_merged()
            return
        with recorded_all_the_same(recorded):
            self._projections.catch_up(self._listener.progress)
            self._exchange.follow_recorded()
            self._edits.write_merged()
            for path in self.files.parted:
                self._listener.parted(path)
            if blocked := self.files.blocked:
                raise blocked[0]


def _tell_recorded(work: UnitOfWork, before: int, listener: Listener) -> None:
    """Say what an interrupted command has recorded, as far as that can be known."""
    listener.in_doubt(work.in_doubt)  # until it is known: there may be a second interrupt
    try:
        positions = work.positions_after(before)
    except TetraEsError:
        if work.in_doubt is None:
            raise
        return
    listener.in_doubt(None)
    listener.recorded(positions)


@contextmanager
def open_workspace(
    layout: OrgLayout,
    own_key: OwnKey,
    derive: Derive,
    listener: Listener,
    intent: Intent,
    admission: Admission,
    *,
    signing: bool = True,
    sharing_now: bool = False,
) -> Iterator[Workspace]:
    """Open an organization for changing it.

    Raises `TetraEsError` where there is no store or no usable key; without `signing`, the key is
    looked for when something is signed. With `sharing_now`, it is going to be said where newer
    events are.
    """
    key: SigningKey | Callable[[], SigningKey] = own_key.load
    try:
        key = own_key.load() if signing else key
    except TetraEsError:
        open_stored(layout.store).close()  # where there is no store either, that comes first
        raise
    with History(layout.store, key, admission, behind=True) as history:
        log = history.replica
        log.require_events()
        before, work = log.last_position(), None
        try:
            with derive(layout, log) as projections:
                work = UnitOfWork(history, projections.refs, intent)
                join(work, projections, sharing_now=sharing_now)
                yield Workspace(layout, work, projections, listener)
        except KeyboardInterrupt:
            if work is not None:
                _tell_recorded(work, before, listener)
            raise
        listener.recorded(work.saved)
