"""Events, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es_projections.answers.changes import change_rows
from tetra_es_projections.queries.events import find_event

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.events import FoundEvent
    from tetra_es_projections.queries.reader import Reader


def event(reader: Reader, ref: Ref) -> dict[str, Any]:
    """Return one event: with the fields that it has in `history`, and more."""
    return event_value(find_event(reader, ref))


def event_value(found: FoundEvent) -> dict[str, Any]:
    """Return an event that was found."""
    details = found.details
    return {
        "event": details.event,
        "environment": found.environment,
        "revision": found.revision,
        "type": details.topic,
        "actor": found.metadata["actor"],
        "time": found.time,
        "effective": details.effective,
        "reason": found.metadata["reason"],
        "hash": details.hash,
        "summary": found.summary,
        "void": found.void,
        "changes": change_rows(found.changes),
        "stream": details.stream,
        "version": details.version,
        "state": details.state,
        "previous": details.previous,
        "signature": details.signature,
        "signed_at": details.signed_at,
        "fingerprint": details.key,
        "commit": details.commit,
        "purged": details.purged_by,
        "purged_bodies": details.purged,
        "purges": [
            {"event": one.event, "name": one.name, "bodies": [*one.bodies]} for one in found.purges
        ],
    }
