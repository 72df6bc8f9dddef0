"""Which environments there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.layout import MANIFEST

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader


class UnknownEnvironment(UsageError):
    """There never was an environment of that name."""


def known_environments(reader: Reader, position: int | None = None) -> list[str]:
    """Return the manifest's environments in order, then those that only the history has.

    As it was at a position, or is now.
    """
    configured, states = configured_environments(reader, position), reader.views.states
    more = (
        name
        for name in states.environments()
        if name not in configured and (position is None or states.find(name, position))
    )
    return [*configured, *more]


def configured_environments(reader: Reader, position: int | None = None) -> tuple[str, ...]:
    """Return the environments of the manifest in order, as it was at a position or is now."""
    from tetra_es.schema.manifest import read_manifest  # `show` rarely asks
    from tetra_es.toml.document import ConfigDocument

    newest = reader.views.edited.find("manifest", position)
    text = reader.log.state_text(newest.position) if newest else None
    return tuple(read_manifest(ConfigDocument(MANIFEST, text)).environments) if text else ()


def require_environment(reader: Reader, name: str) -> None:
    """Raise `UnknownEnvironment` when no environment of this name was ever there."""
    if reader.views.states.find(name) is not None:
        return
    known = known_environments(reader)
    if name not in known:
        from tetra_es.schema.near import did_you_mean

        raise UnknownEnvironment(
            f"unknown environment: {name}",
            hint=f"{did_you_mean(name, known)}this organization has {', '.join(known)}",
        )
