"""Add an environment of the organization's own, such as `qa`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.layout import MANIFEST, profile_file
from tetra_es.names import check_environment
from tetra_es.profiles.load import builtin_names, validate_overlay
from tetra_es.schema.manifest import add_environment as with_environment
from tetra_es.schema.near import did_you_mean
from tetra_es.schema.templates import profile_template
from tetra_es.usecases.config.source_file import profile_of
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection, Container

    from tetra_es.model.organization import Organization
    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class AddEnvironment(UseCase[None]):
    """Record an environment in the manifest, and an overlay that extends a built-in profile.

    Both in one transaction. `after` is the environment before it in promotion order, by default
    the last but one that the manifest has. Who adds it reads its secrets, with the recipient that
    they have in another one. Raises `UsageError` where there is no such profile.
    """

    environment: str
    extends: str
    after: str | None = None

    def depends_on(self) -> Container[str]:
        """Return the manifest and the overlay: both are changed."""
        return {MANIFEST, profile_file(self.environment)}

    def writes(self) -> Collection[str]:
        """Return the manifest."""
        return (MANIFEST,)

    def decide(self, work: UnitOfWork) -> None:
        """Decide both."""
        name = check_environment(self.environment)
        if self.extends not in builtin_names():
            raise UsageError(
                f"no built-in profile {self.extends}",
                hint=f"{did_you_mean(self.extends, builtin_names())}the built-in profiles are "
                f"{', '.join(builtin_names())}",
            )
        organization, context = work.organization(), work.context()
        manifest = with_environment(organization.document, name, after=self.after)
        organization.edit_manifest(manifest, context)
        if organization.profile(name) is None:
            overlay = profile_of(name).document(profile_template(name, self.extends))
            validate_overlay(overlay, name)
            organization.edit_profile(name, overlay, context)
        vault, actor = work.vault(name), context.actor
        reads = _recipient_of(work, organization, actor)
        if reads is not None and not vault.recipients:
            vault.add_recipient(actor, reads, context)


def _recipient_of(work: UnitOfWork, organization: Organization, actor: str) -> str | None:
    """Return what the secrets of some environment are encrypted for, for one person."""
    known = (work.vault(name).recipients for name in organization.manifest.environments)
    return next((recipients[actor] for recipients in known if actor in recipients), None)
