"""Rolling an environment out to its servers, and removing it from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.usecases.deploy.batches import Batches
from tetra_es.usecases.deploy.deployed_state import known_release
from tetra_es.usecases.deploy.hosts import named_hosts, select
from tetra_es.usecases.deploy.journal import HostJournal
from tetra_es.usecases.deploy.outcome import observe
from tetra_es.usecases.deploy.pace import pace_of
from tetra_es.usecases.deploy.plans import HostPlan, check_plan, preflight
from tetra_es.usecases.deploy.prepare import PrepareDeployment, PrepareRemoval
from tetra_es.usecases.deploy.results import Answers, ask_each
from tetra_es.usecases.deploy.unmanaged import check_replaced
from tetra_es.usecases.may import check_may

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.remote.drifted import Known
    from tetra_es.remote.facts import Outcome
    from tetra_es.remote.server import Server
    from tetra_es.remote.transport import Transport
    from tetra_es.usecases.deploy.access import Access
    from tetra_es.usecases.deploy.listener import RolloutListener
    from tetra_es.usecases.deploy.request import DeployRequest
    from tetra_es.usecases.deploy.results import HostResult
    from tetra_es.usecases.deploy.spec import RolloutSpec
    from tetra_es.usecases.workspace import Workspace

    Identities = Callable[[], Sequence[Identity]]
    """Loads them when they turn out to be needed."""


class Rollouts:
    """Rollouts of one open organization.

    It stays open for all hosts and steps; its lock is not held while a server is waited for.
    """

    def __init__(self, workspace: Workspace, access: Access, listener: RolloutListener) -> None:
        self._workspace = workspace
        self._access = access
        self._listener = listener

    def deploy(
        self, request: DeployRequest, identities: Identities, *, again: str
    ) -> Answers[HostResult]:
        """Deploy to each host, `parallel` at a time; a batch with a failure is the last.

        `again` is the command that does the same, for hints.
        """
        spec = self._prepared(request, identities)
        hosts = self._hosts(request, spec)
        done = self._run(request, spec, hosts, again, identities)
        if not (done.errors or request.hosts or request.local):
            tried = [transport.host for transport in hosts]
            for host in self._workspace.serving_hosts(request.environment):
                names = self._workspace.names_of(request.environment, host)
                if not {host, *names}.intersection(tried):
                    self._listener.still_runs(request.environment, host)
        return done

    def plan(
        self, request: DeployRequest, identities: Identities, *, again: str
    ) -> Answers[HostPlan]:
        """Return what deploying would change on each host, and what it would fail with."""
        spec = self._prepared(request, identities)

        def ask(server: Server) -> Iterator[HostPlan]:
            yield HostPlan(server.host, spec, preflight(server, spec, self._known(request)))

        asked = ask_each(self._access, request.environment, self._hosts(request, spec), ask)
        if not asked.errors:
            try:
                for one in asked.rows:
                    check_replaced(one.host, spec, one.plan, again)
                    check_plan(one.plan, one.host)
            except TetraEsError as error:
                asked.errors.append(error)
        return asked

    def remove(self, request: DeployRequest, *, again: str) -> Answers[HostResult]:
        """Remove everything that was deployed to each host: a rollout of nothing."""
        name = request.environment
        prepare = PrepareRemoval(
            self._access.organization, request, lambda: self._workspace.serving_hosts(name)
        )
        spec, found = self._workspace.act(prepare).result
        hosts = select(
            self._access, request, lambda: found or named_hosts(name, spec.state.document)
        )
        return self._run(request, spec, hosts, again, lambda: ())

    def observe(self, environment: str, host: str) -> Outcome | None:
        """Record how a deployment to a host ended, as the server's journal has it.

        For when the machine that deployed is gone, with what it had not recorded yet. Nothing is
        changed on the server. Returns None where no deployment is open by what is recorded. Raises
        `TetraEsError` where the server has not decided it yet.
        """
        workspace = self._workspace
        workspace.look(lambda work: check_may(work, f"deploy:{environment}"))
        workspace.send_waiting()
        journal = HostJournal(workspace, environment, host)
        with self._access.open(self._access.to(host), environment) as server:
            outcome = observe(server, journal)
        workspace.catch_up()
        return outcome

    def _known(self, request: DeployRequest) -> Callable[[str], Known | None]:
        """Return what finds out what is known of a release that a server has."""
        organization, name = self._access.organization, request.environment
        return lambda source: self._workspace.look(
            lambda work: known_release(work.log, organization, name, source)
        )

    def _prepared(self, request: DeployRequest, identities: Identities) -> RolloutSpec:
        prepare = PrepareDeployment(self._access.organization, request, identities)
        return self._workspace.act(prepare).result

    def _hosts(self, request: DeployRequest, spec: RolloutSpec) -> list[Transport]:
        """Return the hosts that the TOML to deploy names; where it names none, those it runs on."""
        name = request.environment
        return select(
            self._access,
            request,
            lambda: named_hosts(name, spec.state.document) or self._workspace.serving_hosts(name),
        )

    def _run(
        self,
        request: DeployRequest,
        spec: RolloutSpec,
        hosts: Sequence[Transport],
        again: str,
        identities: Identities,
    ) -> Answers[HostResult]:
        batches = Batches(self._workspace, self._access, self._listener, spec, again)
        pace = pace_of(request, spec.release.settings)
        done = batches.run(hosts, pace, take_over=request.take_over)
        if done.errors and request.rollback_all:
            batches.go_back(done, hosts, identities)
        try:
            self._workspace.catch_up()
        except TetraEsError as error:
            done.errors.append(error)
        return done
