"""Which environments there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.events.config import ManifestEdited, OrganizationCreated
from tetra_es.schema.manifest import read_manifest

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader


def known_environments(reader: Reader) -> list[str]:
    """Return the manifest's environments in order, then those that only the history has."""
    newest = reader.log.of_topics(
        (OrganizationCreated.TOPIC, ManifestEdited.TOPIC), reader.log.last_position()
    )[-1].event
    text = newest.text if isinstance(newest, OrganizationCreated | ManifestEdited) else ""
    configured = list(read_manifest(text).environments)
    return configured + [name for name in reader.views.environments() if name not in configured]


def require_environment(reader: Reader, name: str) -> None:
    """Raise `UsageError` when no environment of this name was ever there."""
    if reader.views.state(name) is not None:
        return
    known = known_environments(reader)
    if name not in known:
        raise UsageError(
            f"unknown environment: {name}", hint=f"this organization has {', '.join(known)}"
        )
