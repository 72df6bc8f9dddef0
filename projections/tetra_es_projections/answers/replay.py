"""What an environment would be without an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.toml.written import changes_as_written
from tetra_es_projections.answers.changes import change_rows

if TYPE_CHECKING:
    from tetra_es_projections.queries.replay import Replayed


def replay_value(found: Replayed) -> dict[str, Any]:
    """Return what would be otherwise by key, the whole text, and what is in doubt."""
    return {
        "environment": found.environment,
        "state": found.state,
        "without": found.without.event,
        "summary": found.without.summary,
        "changes": change_rows(changes_as_written(found.recorded, found.would_be)),
        "doubts": [doubt._asdict() for doubt in found.doubts],
        "toml": found.would_be.text if found.would_be else None,
    }
