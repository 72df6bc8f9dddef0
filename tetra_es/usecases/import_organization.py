"""Take over an organization of the system that people used before.

Each of its files, backups included, becomes an event with the time that it had there, marked as
imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.names import SOURCE_OF_TRUTH, check_actor
from tetra_es.secret_scan.scan import refuse, scan_text
from tetra_es.toml.diff import holds_values
from tetra_es.usecases.config.check_for_secrets import check_for_secrets
from tetra_es.usecases.create_organization import InitialConfig, decide_founding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.model.environment import Environment
    from tetra_es.usecases.old_organization import OldState
    from tetra_es.usecases.session import Session
    from tetra_es.usecases.unit_of_work import Recorded


def import_organization(
    session: Session,
    beginnings: InitialConfig,
    states: Sequence[OldState],
    *,
    actor: str,
    reason: str,
    allow: Sequence[str] = (),
) -> list[Recorded]:
    """Record a new organization with the states of an old one, all in one transaction.

    The first state of the source of truth takes the place of the template. A state equal to
    the one before it is no event. What looks like a secret must be at a key in `allow`.
    """
    context = session.context_as(check_actor(actor), reason=reason)
    organization = decide_founding(session, beginnings, context)
    environments: dict[str, Environment] = {}
    for state in states:
        name = state.environment
        environment = environments.setdefault(name, session.history.environment(name))
        check_for_secrets(
            organization,
            name,
            (environment.text if environment.revision else None, state.text),
            context,
            name=state.origin,
            allow=allow,
        )
        environment.import_state(
            state.text,
            context,
            timestamp=state.timestamp,
            origin=state.origin,
            kind=state.kind,
        )
    return session.save(organization, *environments.values())


def refuse_emptied(states: Sequence[OldState]) -> None:
    """Raise `Refused` where the present source of truth has no keys."""
    source = [state for state in states if state.environment == SOURCE_OF_TRUTH][-1]
    if not holds_values(source.text):
        raise Refused(
            f"{source.origin} has no keys",
            hint="put its text back, or import it as it is with --allow-empty",
        )


def refuse_secrets(states: Sequence[OldState], allow: Sequence[str]) -> None:
    """Raise `Refused` where a state has what looks like a secret, not at a key in `allow`.

    An event would keep it for ever.
    """
    for state in states:
        refuse(scan_text(state.text, allowed=allow), state.origin)
