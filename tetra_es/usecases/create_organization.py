"""Found an organization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.names import SOURCE_OF_TRUTH, check_actor
from tetra_es.profiles.load import validate_overlay
from tetra_es.schema.environment import validate_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.events.metadata import Context
    from tetra_es.model.organization import Organization
    from tetra_es.usecases.session import Session
    from tetra_es.usecases.unit_of_work import Recorded


@dataclass(frozen=True)
class InitialConfig:
    """The texts that an organization begins with."""

    name: str
    manifest: str
    source: str
    """The source of truth."""
    profiles: Mapping[str, str]
    """Environment to overlay; usually none."""


def found(
    session: Session, beginnings: InitialConfig, *, actor: str, reason: str
) -> list[Recorded]:
    """Record the organization, its overlays and its source of truth, all in one transaction.

    `actor` becomes the first signer, with the session's key. Raises `Refused` when the store has
    an organization already, `ConfigError` when a text is not valid.
    """
    validate_environment(beginnings.source, name=f"environments/{SOURCE_OF_TRUTH}.toml")
    context = session.context_as(check_actor(actor), reason=reason)
    organization = decide_founding(session, beginnings, context)
    source = session.history.environment(SOURCE_OF_TRUTH)
    source.create(beginnings.source, context)
    return session.save(organization, source)


def decide_founding(session: Session, beginnings: InitialConfig, context: Context) -> Organization:
    """Return the new organization with its overlays, not saved yet."""
    organization = session.history.organization()
    organization.create(beginnings.name, beginnings.manifest, context, key=session.key.public_line)
    for environment, overlay in beginnings.profiles.items():
        validate_overlay(overlay, environment, name=f"profiles/{environment}.toml")
        organization.edit_profile(environment, overlay, context)
    return organization
