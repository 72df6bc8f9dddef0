"""What a person may want to do after a change: one command, on a terminal alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tetra_es_projections.queries.recorded import RecordedEvents


def next_step(recorded: RecordedEvents) -> str | None:
    """Return what usually follows these events; None where that is nothing, or a dry run."""
    if not recorded or recorded[-1][1] is None:
        return None
    # Help and completion load this module, and do without what looks at events.
    from tetra_es_projections.queries.recorded import rows_of, state_text

    event = recorded[-1][0]
    environment = rows_of(recorded[-1:])[0].environment
    match event.TOPIC:
        case "environment.edited" | "manifest.edited":
            return "`tetra-es status` shows which environments are behind"
        case "profile.edited":
            return f"`tetra-es promote {environment}` generates it again"
        case "environment.promoted" | "environment.rolled_back" if _has_hosts(state_text(event)):
            return (
                f"`tetra-es deploy {environment} --dry-run` shows what that changes on its servers"
            )
    return None


def _has_hosts(text: str) -> bool:
    """Return whether a state says where it runs."""
    import tomllib  # nobody else needs it after the work is done

    deployment = tomllib.loads(text).get("deployment")
    return bool(isinstance(deployment, dict) and deployment.get("hosts"))


def is_wanted() -> bool:
    """Return whether a person is there to read it."""
    return sys.stdout.isatty() and sys.stderr.isatty()
