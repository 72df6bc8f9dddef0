"""Take over an organization of the system that people used before.

Each of its files, backups included, becomes an event with the time that it had there, marked as
imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.layout import MANIFEST, SOURCE, profile_file
from tetra_es.names import SOURCE_OF_TRUTH, check_actor
from tetra_es.profiles.load import builtin_names
from tetra_es.schema.templates import manifest_template
from tetra_es.secret_scan.scan import refuse, scan_document
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.config.check_for_secrets import check_for_secrets
from tetra_es.usecases.create_organization import (
    OWN_ENVIRONMENTS,
    InitialConfig,
    decide_organization,
    default_domain,
)
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tetra_es.usecases.old_organization import OldState
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ImportOrganization(UseCase[None]):
    """Record a new organization with the states of an old one, all in one transaction.

    The first state of the source of truth takes the place of the template. A state equal to
    the one before it gets no event. What looks like a secret must be at a key in `allow`.
    """

    initial: InitialConfig
    states: Sequence[OldState]
    actor: str
    allow: Collection[str] = ()

    def decide(self, work: UnitOfWork) -> None:
        """Decide all of it."""
        context = work.context_as(check_actor(self.actor))
        organization = decide_organization(work, self.initial, context)
        for state in self.states:
            environment = work.environment(state.environment)
            check_for_secrets(
                organization,
                state.environment,
                environment.state,
                state.document,
                context,
                allow=self.allow,
            )
            environment.import_state(
                state.document,
                context,
                timestamp=state.timestamp,
                origin=state.origin,
                kind=state.kind,
            )


def imported_config(org: str, domain: str | None, states: Sequence[OldState]) -> InitialConfig:
    """Return what an imported organization begins with beside its states.

    Its environments are Tetra's own and, after them, what else the states are of; those without a
    built-in profile get an overlay.
    """
    others = {state.environment for state in states} - set(OWN_ENVIRONMENTS)
    environments = (*OWN_ENVIRONMENTS, *sorted(others))
    overlaid = [name for name in environments[1:] if name not in builtin_names()]
    manifest = manifest_template(org, domain or default_domain(org), environments)
    return InitialConfig(
        name=org,
        manifest=ConfigDocument(MANIFEST, manifest),
        source=ConfigDocument(SOURCE, ""),
        profiles={
            name: ConfigDocument(profile_file(name), 'extends = "dev"\n') for name in overlaid
        },
    )


def refuse_emptied(states: Sequence[OldState]) -> None:
    """Raise `Refused` where the present source of truth has no keys."""
    source = [state for state in states if state.environment == SOURCE_OF_TRUTH][-1]
    if not source.document.holds_values:
        raise Refused(
            f"{source.origin} has no keys",
            hint="put its text back, or import it as it is with --allow-empty",
        )


def refuse_secrets(states: Sequence[OldState], allow: Collection[str]) -> None:
    """Raise `Refused` where a state has what looks like a secret, not at a key in `allow`.

    An event would keep it for ever.
    """
    for state in states:
        refuse(scan_document(state.document, allowed=allow), state.origin)
