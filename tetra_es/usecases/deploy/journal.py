"""Where the events of one environment on one host are recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tetra_es.errors import TetraEsError
from tetra_es.events.metadata import Context
from tetra_es.model.host import HostState, deployments_stream
from tetra_es.usecases.deploy.anchor import is_ours
from tetra_es.usecases.deploy.recorded import recorded_release
from tetra_es.usecases.happened.happened import OPERATIONS, Fact, Happened
from tetra_es.usecases.happened.not_recorded import NotRecorded
from tetra_es.usecases.unit_of_work import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.events.deployments import Code
    from tetra_es.usecases.deploy.recorded import RecordedRelease
    from tetra_es.usecases.unit_of_work import UnitOfWork
    from tetra_es.usecases.workspace import Workspace

Result = TypeVar("Result")


class Journal(Protocol):
    """Where the events of one environment on one host are recorded."""

    def state(self) -> HostState:
        """Return the environment on the host, as it is recorded now."""

    def claim(self, decide: Callable[[HostState, Context], object]) -> None:
        """Record that a deployment begins; nothing is done on the server before that."""

    def note(self, word: str, **fields: Any) -> None:
        """Remember that something happened just now; see `facts.Fact`."""

    def send(self) -> None:
        """Record all that was noted, as one batch. Raises `NotRecorded`."""


class Caller(Protocol):
    """Has something done where the organization is open."""

    def __call__(self, act: Callable[[], Result]) -> Result:
        """Return what `act` returns, raise what it raises."""


def call(act: Callable[[], Result]) -> Result:
    """Do it here."""
    return act()


class HostJournal:
    """Records in an open organization: the claim at once, what came of it as one batch.

    The organization's lock is not held in between: a deployment takes minutes.
    """

    def __init__(
        self, workspace: Workspace, environment: str, host: str, caller: Caller = call
    ) -> None:
        self.environment = environment
        self.host = host
        self._workspace = workspace
        self._call = caller
        self._facts: list[Fact] = []
        self._deployment: str | None = None
        """The one that was found open, or claimed, last."""

    def state(self) -> HostState:
        """Return the environment on the host, as it is recorded now."""
        host = self._call(
            lambda: self._workspace.look(lambda work: work.host(self.environment, self.host))
        )
        self._deployment = host.open.id if host.open else None
        return host

    def claim(self, decide: Callable[[HostState, Context], object]) -> None:
        """Record what `decide` decides on that; it is durable when this returns."""

        def claiming(work: UnitOfWork) -> str | None:
            host = work.host(self.environment, self.host)
            decide(host, work.context())
            return host.open.id if host.open else None

        self._deployment = self._call(lambda: self._workspace.record(claiming))

    def note(self, word: str, **fields: Any) -> None:
        """Remember that something happened just now."""
        self._facts.append(Fact(word, utc_now(), fields))

    def send(self) -> None:
        """Record all that was noted; what cannot be recorded waits in the state folder."""
        noted, self._facts = self._facts, []
        if not noted:
            return
        facts = Happened(
            self.environment,
            self.host,
            self._workspace.correlation,
            self._workspace.reason,
            None if noted[0].word in OPERATIONS else self._deployment,
            noted,
        )
        try:
            self._call(lambda: self._workspace.send(facts))
        except NotRecorded:
            raise
        except TetraEsError as error:  # nobody was there to do it
            raise NotRecorded(error, waits=False) from error

    def look(self, find: Callable[[UnitOfWork], Result]) -> Result:
        """Return what `find` finds in the newest events."""
        return self._call(lambda: self._workspace.look(find))

    def is_ours(self, source: str) -> bool:
        """Return whether a release whose server calls it so is made of our events."""
        return self.look(lambda work: is_ours(work.log, source))

    def code(self) -> Code | None:
        """Return the application's code that the host serves, by what was recorded."""
        release = self._release()
        return release.code if release else None

    def other_names(self, machine: str | None) -> list[str]:
        """Return the names that a machine was deployed to by, where this one is none of them."""
        if machine is None:
            return []
        names = self._call(lambda: self._workspace.names_of(self.environment, self.host, machine))
        return [] if self.host in names else list(names)

    def _release(self) -> RecordedRelease | None:
        return self.look(lambda work: recorded_release(work.log, self.environment, self.host))

    def units(self) -> list[str]:
        """Return the units of the deployment that the host serves, by what was recorded."""
        release = self._release()
        paths = release.files if release else ()
        return [path.rpartition("/")[2] for path in paths if path.endswith(".service")]


class Unrecorded:
    """The journal of a server without a store: it follows the rules and records nothing."""

    def __init__(self, environment: str, host: str) -> None:
        self._state = HostState(deployments_stream(environment, host))

    def state(self) -> HostState:
        """Return the environment on this host."""
        return self._state

    def claim(self, decide: Callable[[HostState, Context], object]) -> None:
        """Let `decide` decide on it."""
        decide(self._state, Context("apply", "", "apply", utc_now()))
        self._state.collect_events()

    def note(self, word: str, **fields: Any) -> None:
        """Forget it: nobody records it."""

    def send(self) -> None:
        """Record nothing."""
