"""The pull way: put on this machine what a clone of the mirror says. Nothing is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.names import LOCALHOST
from tetra_es.remote.server import Server
from tetra_es.remote.transport import Local
from tetra_es.usecases.deploy.journal import Unrecorded
from tetra_es.usecases.deploy.plans import HostPlan, check_plan, preflight
from tetra_es.usecases.deploy.received import Received, check_forward, newest_state
from tetra_es.usecases.deploy.results import Answers
from tetra_es.usecases.deploy.spec import spec_of
from tetra_es.usecases.deploy.steps import deploy, is_there
from tetra_es.usecases.deploy.unmanaged import check_replaced, tell_drift, tell_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.remote.plan import Plan
    from tetra_es.usecases.deploy.listener import RolloutListener
    from tetra_es.usecases.deploy.request import ApplyRequest
    from tetra_es.usecases.deploy.spec import RolloutSpec
    from tetra_es.usecases.ports import Clone


class Applied(NamedTuple):
    """The state that was put on this machine, or was there."""

    source: str
    """Such as `dev@7`."""
    was_there: bool


class Apply:
    """The newest state of an environment in a history whose chain and signatures were checked."""

    def __init__(self, clone: Clone, founder: str | None, state_dir: Path | None) -> None:
        """Read and admit a clone; see `Received`.

        Raises `IntegrityFailure` where anything is wrong with it.
        """
        self._received = Received(clone, founder, state_dir)
        self.organization = self._received.organization

    @property
    def events(self) -> int:
        """How many there are."""
        return len(self._received.records)

    def plan(
        self, request: ApplyRequest, identities: Callable[[], Sequence[Identity]]
    ) -> Answers[HostPlan]:
        """Return what `run` would change, and what it would fail with."""
        spec = self._spec(request, identities)
        with Server.open(Local(), self.organization, request.environment) as server:
            plan = preflight(server, spec)
            self._check_forward(plan, spec)
            answers = Answers([HostPlan(server.host, spec, plan)])
        try:
            for one in answers.rows:
                check_replaced(one.host, spec, one.plan, request.again)
                check_plan(one.plan, one.host)
        except TetraEsError as error:
            answers.errors.append(error)
        return answers

    def run(
        self,
        request: ApplyRequest,
        identities: Callable[[], Sequence[Identity]],
        listener: RolloutListener,
    ) -> Applied:
        """Deploy it, unless it is there.

        The deployed release is never replaced by an older state, nor by that of another history.
        """
        spec, environment = self._spec(request, identities), request.environment
        with Server.open(Local(), self.organization, environment) as server:
            server.lock(request.who, LOCALHOST)
            plan = preflight(server, spec)
            self._check_forward(plan, spec)
            if not spec.replace_drift:
                tell_drift(listener, server.host, plan)
            check_replaced(server.host, spec, plan, request.again)
            tell_values(listener, server.host, spec, plan)
            if is_there(server, spec, plan):
                return Applied(spec.source, was_there=True)
            kept = deploy(
                server,
                spec,
                Unrecorded(environment, server.host),
                plan,
                reopen=lambda: Server.open(Local(), self.organization, environment),
                say=lambda step: listener.step(server.host, step),
                heard=lambda *said: listener.printed(server.host, *said),
            )
            listener.serves(server.host, spec.source)
            for path, copy in kept.copies.items():
                listener.copied(server.host, path, copy)
            if plan.disables:
                listener.not_at_boot(server.host, plan.disables)
            if kept.left:
                listener.left_running(server.host, kept.restarted, kept.left)
        return Applied(spec.source, was_there=False)

    def _spec(
        self, request: ApplyRequest, identities: Callable[[], Sequence[Identity]]
    ) -> RolloutSpec:
        state = newest_state(self._received, request.environment, identities)
        return spec_of(self.organization, state, request)

    def _check_forward(self, plan: Plan, spec: RolloutSpec) -> None:
        if plan.deployed is not None:
            check_forward(self._received, spec.state, plan.deployed)
