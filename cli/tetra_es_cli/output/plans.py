"""What a deployment would do, for people and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tetra_es.text import one_line
from tetra_es.usecases.unmanaged import described
from tetra_es_cli.output.plain import emit

if TYPE_CHECKING:
    from tetra_es.remote.plan import Change, Plan
    from tetra_es.usecases.order import Order

_SIGNS = {"create": "+", "replace": "~", "remove": "-"}


def emit_plan(host: str, order: Order, plan: Plan) -> None:
    """Print a plan; values of secrets are not in it."""
    emit(f"{order.source} -> {host}")
    if plan.creates_user:
        emit(f"  + user {plan.creates_user}")
    for change in plan.changes:
        emit(f"  {_SIGNS[change.action]} {_described(change)}")
        for line in change.diff.splitlines()[2:]:
            emit(f"      {one_line(line)}")
    for what, units in (
        ("stop", plan.stops),
        ("disable", plan.disables),
        ("enable", plan.enables),
        ("restart", plan.restarts),
        ("have systemd read", plan.reloads),
    ):
        for unit in units:
            emit(f"  {what} {unit}")
    for one in plan.unmanaged:
        done = "keep a copy of" if order.replace_unmanaged else "! not deployed by tetra-es:"
        emit(f"  {done} {described(one)}")
    if plan.unknown and not plan.changes:
        emit("  the server's record of it, which is gone")
    if plan.changes_nothing:
        emit("  nothing: the server has it already")
    for problem in plan.problems:
        emit(f"  ! {problem.what} ({problem.hint})")


def _described(change: Change) -> str:
    what = f"{change.path} ({change.what}{', secrets' if change.secret else ''})"
    return f"{what} {change.attributes}".rstrip()


def plan_as_json(host: str, order: Order, plan: Plan) -> dict[str, Any]:
    """Return a plan as `deploy --dry-run -o json` prints it."""
    return {
        "host": host,
        "environment": order.state.environment,
        "revision": order.state.revision,
        **asdict(plan),
    }
