"""What the aggregates share: identity, version, and the events decided but not yet saved.

The shape (`id`, `version`, `collect_events`) is what the event-sourcing library expects of an
aggregate; the library itself is not imported, so that the rules stand on their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tetra_es.events.base import Event

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from tetra_es.events.metadata import Context

EventType = TypeVar("EventType", bound=Event)


class Aggregate:
    """A consistency boundary: commands check its rules and record events; events change it."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._version = 0
        self._pending: list[Event] = []

    @property
    def id(self) -> str:
        """The stream."""
        return self._stream

    @property
    def version(self) -> int:
        """Number of the newest event in the stream, 0 before the first."""
        return self._version

    @property
    def pending(self) -> tuple[Event, ...]:
        """The events decided since the aggregate was loaded."""
        return tuple(self._pending)

    def collect_events(self) -> list[Event]:
        """Hand over the pending events; called by the library when it saves."""
        collected, self._pending = self._pending, []
        return collected

    def apply(self, event: Event) -> None:
        """Change the state as `event` says; overridden, and never refuses anything."""
        self._version = event.originator_version

    def skip_to(self, version: int) -> None:
        """Go on after the event `version` of the stream: those since were void."""
        self._version = version

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON types."""
        raise NotImplementedError

    def restore(self, version: int, state: dict[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
        raise NotImplementedError

    def fold(self, events: Iterable[Event]) -> Self:
        """Apply recorded events, in order."""
        for event in events:
            self.apply(event)
        return self

    def _decide(
        self,
        cls: type[EventType],
        context: Context,
        more: dict[str, str] | None = None,
        /,
        **fields: Any,
    ) -> EventType:
        """Record a new event: fields beside the common ones are the event's own."""
        timestamp = fields.pop("timestamp", context.now)
        event = cls(
            originator_id=self._stream,
            originator_version=self._version + 1,
            timestamp=timestamp,
            metadata=context.metadata(**(more or {})),
            **fields,
        )
        self.apply(event)
        self._pending.append(event)
        return event
