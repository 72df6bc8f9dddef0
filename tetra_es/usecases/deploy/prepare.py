"""Deciding what a rollout is about, on the newest state of the organization."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.usecases.deploy.desired_state import desired_state
from tetra_es.usecases.deploy.spec import RolloutSpec, removal, spec_of
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.usecases.deploy.request import DeployRequest
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class PrepareDeployment(UseCase[RolloutSpec]):
    """Find and render the state that a request means. Nothing is recorded."""

    organization: str
    request: DeployRequest
    identities: Callable[[], Sequence[Identity]]

    def decide(self, work: UnitOfWork) -> RolloutSpec:
        """Return what to deploy."""
        request = self.request
        state = desired_state(work, request.environment, request.ref, self.identities)
        return replace(spec_of(self.organization, state, request), restart=request.restart)


class Removal(NamedTuple):
    """What is to be removed, and from where."""

    spec: RolloutSpec
    hosts: Sequence[str]
    """None where this machine itself is meant, or none is recorded."""


@dataclass(frozen=True)
class PrepareRemoval(UseCase[Removal]):
    """Find out what removes an environment from its servers. Nothing is recorded.

    One that the organization has no longer may still run somewhere.
    """

    organization: str
    request: DeployRequest
    serving: Callable[[], Sequence[str]]
    """Returns the hosts that the environment runs on."""

    def decide(self, work: UnitOfWork) -> Removal:
        """Return a rollout of nothing, and the hosts that have something."""
        name = self.request.environment
        hosts = self.request.hosts or (() if self.request.local else self.serving())
        if not hosts:
            work.organization().environment_named(name)
        return Removal(removal(self.organization, name, work.environment(name).document), hosts)
