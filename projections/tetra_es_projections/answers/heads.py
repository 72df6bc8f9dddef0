"""What answers are as of, for who asks again later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tetra_es_projections.queries.answering import Moment


def head(moment: Moment) -> dict[str, Any]:
    """Return the newest event, and since when the history is complete."""
    return {
        "organization": moment.organization,
        "event": moment.position,
        "hash": moment.hash,
        "time": moment.time,
        "since": moment.since,
        "purged": moment.purged,
        "stopped": moment.stopped,
        "shared": moment.shared and moment.shared._asdict(),
    }
