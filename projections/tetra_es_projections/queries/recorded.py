"""Events that a command has just recorded, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.events.base import changes_of, environment_of, revision_of
from tetra_es.events.config import EnvironmentState, ScanExceptionAdded
from tetra_es_projections.descriptions import summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from tetra_es.events.base import Event, KeyChange

    RecordedEvents: TypeAlias = Sequence[tuple[Event, int | None]]
    """Events and their positions, which a dry run has none of."""


class RecordedRow(NamedTuple):
    """An event as the rows of `history` have it, with its changes and without its hash."""

    event: int | None
    """Position, None in a dry run."""
    environment: str | None
    revision: int | None
    type: str
    """Topic."""
    actor: str
    time: str
    reason: str
    summary: str
    changes: Sequence[KeyChange]


def rows_of(recorded: RecordedEvents) -> list[RecordedRow]:
    """Return the rows of events and their positions."""
    return [_row(event, position) for event, position in recorded]


def exceptions_in(recorded: RecordedEvents) -> set[str]:
    """Return the keys for which an exception from the secret scan was recorded."""
    return {event.key for event, _ in recorded if isinstance(event, ScanExceptionAdded)}


def state_text(event: Event) -> str:
    """Return the text of a state that was recorded, nothing for another event."""
    return event.text if isinstance(event, EnvironmentState) else ""


def _row(event: Event, position: int | None) -> RecordedRow:
    return RecordedRow(
        position,
        environment_of(event),
        revision_of(event),
        event.TOPIC,
        event.metadata["actor"],
        event.timestamp,
        event.metadata["reason"],
        summary(event),
        changes_of(event),
    )
