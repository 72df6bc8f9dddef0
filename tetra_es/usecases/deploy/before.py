"""What a host ran before a rollout, to be deployed there again when the rollout fails elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.events.deployments import DeploymentStarted
from tetra_es.log.replica import valid_events
from tetra_es.model.host import deployments_stream
from tetra_es.usecases.deploy.desired_state import state_of
from tetra_es.usecases.deploy.request import DeployRequest
from tetra_es.usecases.deploy.spec import removal, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.model.host import HostState
    from tetra_es.remote.plan import Plan
    from tetra_es.usecases.deploy.spec import RolloutSpec
    from tetra_es.usecases.unit_of_work import UnitOfWork


class Before(NamedTuple):
    """What a host had."""

    deployment: str | None
    """The one that it kept last; None where it had nothing."""
    lost: str = ""
    """Why it cannot be deployed again, or nothing."""


def before_of(plan: Plan, host: HostState) -> Before:
    """Return what a host has, by its own word and by what is recorded."""
    serving = host.serving
    if plan.unmanaged:
        return Before(None, "it had files that tetra-es did not deploy, of which it keeps copies")
    if plan.drifted:
        return Before(None, "it had files that somebody changed there, of which it keeps copies")
    if plan.deployed and (
        serving is None
        or plan.deployed.partition(" ")[0] != f"{host.environment}@{serving.revision}"
    ):
        return Before(None, f"no deployment of what it had is recorded: {plan.deployed}")
    return Before(serving.id if serving else None)


def spec_before(
    work: UnitOfWork,
    organization: str,
    environment: str,
    host: str,
    deployment: str | None,
    identities: Callable[[], Sequence[Identity]],
) -> RolloutSpec:
    """Return what a deployment put on a host, its secrets with it; None stands for nothing.

    Raises `Refused` where a secret of then is compromised or purged since.
    """
    document = work.environment(environment).document
    if deployment is None:
        return removal(organization, environment, document)
    stream = deployments_stream(environment, host)
    for record, event in valid_events(work.log, work.log.of_stream(stream, descending=True)):
        if isinstance(event, DeploymentStarted) and event.deployment == deployment:
            if not event.revision:
                return removal(organization, environment, document)
            secrets = [(str(key), int(number)) for key, number, _ in event.secrets]
            state = state_of(
                work, environment, event.of_position, secrets, record.position, identities
            )
            return spec_of(organization, state, DeployRequest(environment))
    raise TetraEsError(f"nothing is recorded of deployment {deployment} to {host}")
