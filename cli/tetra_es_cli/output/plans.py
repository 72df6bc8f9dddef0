"""What a deployment would do, for people and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tetra_es.lines import lines_of
from tetra_es.text import one_line
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.usecases.deploy.plans import Change, HostPlan

_SIGNS = {"create": "+", "replace": "~", "remove": "-"}


def plans_report(plans: Sequence[HostPlan]) -> Report:
    """Return what would be done on each host, values of secrets not among it."""
    lines = [line for one in plans for line in plan_lines(one)]
    return Report([_row(one) for one in plans], [*lines, "nothing was changed: this was a dry run"])


def plan_lines(one: HostPlan) -> Iterator[str]:
    """Yield what would be done on a host."""
    spec, plan = one.spec, one.plan
    yield f"{spec.source} -> {one.host}"
    if plan.creates_user:
        yield f"  + user {plan.creates_user}"
    for change in plan.changes:
        yield f"  {_SIGNS[change.action]} {_described(change)}"
        for line in lines_of(change.diff)[2:]:
            yield f"      {one_line(line)}"
    yield from _units(one)
    yield from _work_of_others(one)
    if plan.unknown and not plan.changes:
        yield "  the server's record of it, which is gone"
    if plan.changes_nothing:
        yield "  nothing: the server has it already"
    for problem in plan.problems:
        yield f"  ! {problem.what} ({problem.hint})"


def _units(one: HostPlan) -> Iterator[str]:
    plan = one.plan
    for service in () if plan.changes_nothing else one.spec.release.services:
        if service.command:
            yield f"  run for {service.name} before the switch: {one_line(service.command.shown)}"
    for what, units in (
        ("stop", plan.stops),
        ("disable", plan.disables),
        ("enable", plan.enables),
        ("restart", plan.restarts),
        ("have systemd read", plan.reloads),
    ):
        for unit in units:
            yield f"  {what} {unit}"
    for unit in one.spec.release.units if plan.restarts else ():
        if unit not in plan.restarts:
            yield f"  leave {unit} running: nothing changes that it reads"


def _work_of_others(one: HostPlan) -> Iterator[str]:
    """Yield what somebody made or changed on the host that would be replaced."""
    from tetra_es.usecases.deploy.unmanaged import described

    spec, plan = one.spec, one.plan
    for unmanaged in plan.unmanaged:
        done = "keep a copy of" if spec.replace_unmanaged else "! not deployed by tetra-es:"
        yield f"  {done} {described(unmanaged)}"
    for drifted in plan.drifted:
        done = "keep a copy of" if spec.replace_drift else "! changed on the server:"
        yield f"  {done} {drifted.path} ({drifted.what})"
        for line in lines_of(drifted.diff)[2:]:
            yield f"      {one_line(line)}"


def _described(change: Change) -> str:
    what = f"{change.path} ({change.what}{', secrets' if change.secret else ''})"
    return f"{what} {change.attributes}".rstrip()


def _row(one: HostPlan) -> dict[str, Any]:
    """Return a plan as `deploy --dry-run -o json` prints it."""
    return {
        "host": one.host,
        "environment": one.spec.state.environment,
        "revision": one.spec.state.revision,
        **asdict(one.plan),
    }
