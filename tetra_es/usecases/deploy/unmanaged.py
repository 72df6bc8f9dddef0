"""The rule that no work of somebody's on a server is replaced, unless that is wanted."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.names import LOCALHOST

if TYPE_CHECKING:
    from tetra_es.remote.plan import Plan
    from tetra_es.remote.unmanaged import Unmanaged
    from tetra_es.usecases.deploy.listener import RolloutListener
    from tetra_es.usecases.deploy.spec import RolloutSpec


def check_replaced(host: str, spec: RolloutSpec, plan: Plan, command: str) -> None:
    """Raise `Refused` where a plan would replace what somebody made or changed on the server.

    `command` is the one that was given, for the hint.
    """
    if plan.unmanaged and not spec.replace_unmanaged:
        raise Refused(
            f"{host} has files that tetra-es did not deploy: "
            + ", ".join(map(described, plan.unmanaged)),
            hint=f"`{command} --replace-unmanaged` keeps a copy of each on the server and "
            "replaces them" + _first(host, spec, plan),
        )
    if plan.drifted and not spec.replace_drift:
        raise Refused(
            f"{host} has files that were changed there: "
            + ", ".join(f"{one.path} ({one.what})" for one in plan.drifted),
            hint=f"`{command} --replace-drift` keeps a copy of each on the server and replaces "
            "them",
        )


def _first(host: str, spec: RolloutSpec, plan: Plan) -> str:
    """Return what keeps the variables that would be gone, to be done before."""
    if host == LOCALHOST or not any(one.lost or one.other for one in plan.unmanaged):
        return ""
    return f"; first, `{_import(host, spec)}` takes the variables"


def _import(host: str, spec: RolloutSpec) -> str:
    return shlex.join(["tetra-es", "secret", "import", spec.state.environment, "--from-host", host])


def tell_values(listener: RolloutListener, host: str, spec: RolloutSpec, plan: Plan) -> None:
    """Say which values that somebody else gave to secrets are about to be replaced."""
    command = "" if host == LOCALHOST else _import(host, spec)
    for one in plan.unmanaged:
        if one.other:
            listener.other_values(host, one.path, one.other, command)


def tell_drift(listener: RolloutListener, host: str, plan: Plan) -> None:
    """Show how the files differ that somebody changed on a server."""
    for one in plan.drifted:
        listener.drifted(host, one.path, one.diff)


def described(one: Unmanaged) -> str:
    """Return a path, with the names of variables that would be gone, or get other values."""
    what = [f"would lose {', '.join(one.lost)}"] if one.lost else []
    what += [f"has other values of {', '.join(one.other)}"] if one.other else []
    return f"{one.path} ({'; '.join(what)})" if what else one.path
