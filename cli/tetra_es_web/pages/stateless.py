"""An environment that was not promoted yet: it is there, and has no state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.refs import PositionRef
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.refs import moment_of
from tetra_es_projections.queries.secrets import secrets_at_position
from tetra_es_web.links import address
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command

if TYPE_CHECKING:
    from tetra_es_web.pages.view import View


def is_stateless(view: View, name: str, at: str) -> bool:
    """Return whether an environment has no state yet, or had none yet after an event.

    Raises `UsageError` where there never was such an environment.
    """
    require_environment(view.reader, name)
    first, ref = view.reader.views.states.position_of_revision(name, 1), view.ref(at)
    if first is None:
        return True
    return isinstance(ref, PositionRef) and moment_of(view.reader.views, ref) < first


def stateless(view: View, name: str, at: str) -> str:
    """Return the page that says so, and what there is of the environment."""
    reader, ref = view.reader, view.ref(at)
    position = moment_of(reader.views, ref) if ref else view.whole.newest.event
    return render(
        "stateless.html",
        view,
        title=f"{name} at {at}" if at else name,
        here=address("environment", name, at=position),
        json=view.links.json("events", environment=name, before=position + 1),
        command=command("history", name, "--before", position + 1),
        asked=(("at", at),),
        name=name,
        at=at,
        is_there=name in view.environments,
        has_states=reader.views.states.find(name) is not None,
        overlay=reader.views.edited.find(f"profile {name}") is not None,
        secrets=len(secrets_at_position(reader, name, position)),
    )
