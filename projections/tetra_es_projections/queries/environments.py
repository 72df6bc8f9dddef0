"""Which environments there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import ConfigError, UsageError
from tetra_es.layout import MANIFEST
from tetra_es.names import is_environment
from tetra_es.sha256 import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es_projections.queries.reader import Reader


_KNOWN: dict[bytes, tuple[str, ...]] = {}
"""Digest of a manifest to its environments; not the text, which may be purged."""
_MOST = 16


class UnknownEnvironment(UsageError):
    """There never was an environment of that name."""


def known_environments(reader: Reader, position: int | None = None) -> list[str]:
    """Return the manifest's environments in order, then those that only the history has.

    As it was at a position, or is now.
    """
    configured, states = environments_there(reader, position), reader.views.states
    more = (
        name
        for name in states.environments()
        if name not in configured and (position is None or states.find(name, position))
    )
    return [*configured, *more]


def environments_there(reader: Reader, position: int | None = None) -> Sequence[str]:
    """Return the environments of the manifest in order, as it was at a position or is now.

    Where that manifest was purged, those that had a state there, in the order of now.
    """
    newest = reader.views.edited.find("manifest", position) if position is not None else None
    if newest is None or reader.views.purged.of_text(newest.position) is None:
        return configured_environments(reader, position)
    states = reader.views.states
    names = dict.fromkeys([*configured_environments(reader), *states.environments()])
    return [name for name in names if states.find(name, position)]


def configured_environments(reader: Reader, position: int | None = None) -> tuple[str, ...]:
    """Return the environments of the manifest in order, as it was at a position or is now.

    Raises `Purged` where that was destroyed.
    """
    newest = reader.views.edited.find("manifest", position)
    text = reader.log.state_text(newest.position) if newest else None
    return _environments_in(text) if text else ()


def _environments_in(manifest: str) -> tuple[str, ...]:
    """Return the environments of a manifest: a service is asked about the same one all the time."""
    digest = sha256(manifest.encode()).digest()
    found = _KNOWN.get(digest)
    if found is None:
        from tetra_es.toml.document import ConfigDocument  # `show` rarely asks

        try:  # what the gate lets pass, commands need not: looking goes on where promoting cannot
            names = ConfigDocument(MANIFEST, manifest).values.get("environments")
        except ConfigError:
            names = None
        listed = names if isinstance(names, list) else []
        found = tuple(name for name in listed if isinstance(name, str) and is_environment(name))
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        _KNOWN[digest] = found
    return found


def require_environment(reader: Reader, name: str) -> None:
    """Raise `UnknownEnvironment` when no environment of this name was ever there."""
    if reader.views.states.find(name) is not None:
        return
    known = known_environments(reader)
    if name not in known and not reader.views.events.history(environment=name, limit=1):
        from tetra_es.schema.near import did_you_mean

        raise UnknownEnvironment(
            f"unknown environment: {name}",
            hint=f"{did_you_mean(name, known)}this organization has {', '.join(known)}",
        )
