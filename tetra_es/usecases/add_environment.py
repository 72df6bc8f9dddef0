"""Add an environment of the organization's own, such as `qa`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.names import check_environment
from tetra_es.profiles.load import builtin_names, validate_overlay
from tetra_es.schema.manifest import add_environment as with_environment
from tetra_es.schema.templates import profile_template

if TYPE_CHECKING:
    from tetra_es.usecases.unit_of_work import Recorded, Session


def add_environment(
    session: Session, name: str, *, extends: str, after: str | None
) -> list[Recorded]:
    """Record the environment in the manifest and an overlay that extends a built-in profile.

    Both in one transaction. `after` is the environment before it in promotion order, by default
    the last but one that the manifest has.
    """
    check_environment(name)
    if extends not in builtin_names():
        raise UsageError(
            f"no built-in profile {extends}", hint=f"there are {', '.join(builtin_names())}"
        )

    def command() -> list[Recorded]:
        organization = session.organization()
        context = session.context(organization)
        manifest = with_environment(organization.text, name, after=after, name="manifest.toml")
        organization.edit_manifest(manifest, context)
        if organization.profiles.get(name) is None:
            overlay = profile_template(name, extends)
            validate_overlay(overlay, name, name=f"profiles/{name}.toml")
            organization.edit_profile(name, overlay, context)
        return session.save(organization)

    return session.run(command)
