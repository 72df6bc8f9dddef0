"""What a deployment would do to a server, and what stands in its way."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tetra_es.remote.errors import StepFailed
from tetra_es.remote.plan import Change, Plan, plan
from tetra_es.usecases.deploy.other_values import with_other_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.remote.drifted import Known
    from tetra_es.remote.server import Server
    from tetra_es.usecases.deploy.spec import RolloutSpec

__all__ = ["Change", "HostPlan", "Plan", "check_plan", "preflight"]


@dataclass(frozen=True)
class HostPlan:
    """What deploying would change on a host."""

    host: str
    spec: RolloutSpec
    plan: Plan


def preflight(
    server: Server, spec: RolloutSpec, known: Callable[[str], Known | None] = lambda _: None
) -> Plan:
    """Return what deploying would change on the server, and what stands in its way.

    `known` returns what is known of the release that the server says it has.
    """
    facts = server.inspect(spec.release)
    found = plan(
        spec.release,
        facts,
        now=int(time.time()),
        create_user=spec.create_user,
        known=known(facts.current.source) if facts.current else None,
    )
    found = with_other_values(server, spec, found)
    return replace(found, restarts=spec.release.units) if spec.restart else found


def check_plan(plan: Plan, host: str) -> None:
    """Raise `StepFailed` where something stands in the way of a host's plan."""
    if plan.problems:
        first, *others = plan.problems
        more = "".join(f"; {problem.what}" for problem in others)
        raise StepFailed("preflight", first.what + more, first.hint, host=host)
