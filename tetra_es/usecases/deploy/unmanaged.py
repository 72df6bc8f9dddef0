"""The rule that nothing is replaced on a server that somebody else made, unless that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused

if TYPE_CHECKING:
    from tetra_es.remote.plan import Plan
    from tetra_es.remote.unmanaged import Unmanaged
    from tetra_es.usecases.deploy.spec import RolloutSpec


def check_unmanaged(host: str, spec: RolloutSpec, plan: Plan, command: str) -> None:
    """Raise `Refused` where a plan would replace what no release of ours has put on the server.

    `command` is the one that was given, for the hint.
    """
    if plan.unmanaged and not spec.replace_unmanaged:
        raise Refused(
            f"{host} has files that tetra-es did not deploy: "
            + ", ".join(map(described, plan.unmanaged)),
            hint=f"`{command} --replace-unmanaged` keeps a copy of each beside it and "
            "replaces them",
        )


def described(one: Unmanaged) -> str:
    """Return a path, with the names of the variables that would be gone."""
    return f"{one.path} (would lose {', '.join(one.lost)})" if one.lost else one.path
