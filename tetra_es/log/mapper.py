"""Between events and rows, for the event-sourcing library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from eventsourcing.persistence import Mapper, StoredEvent, Transcoder

from tetra_es.errors import TetraEsError
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.log import canonical
from tetra_es.log.forms import event_in
from tetra_es.log.linking import draft_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from eventsourcing.domain import DomainEventProtocol

    from tetra_es.events.base import Event


class CanonicalTranscoder(Transcoder):
    """States as canonical JSON."""

    def encode(self, obj: Any) -> bytes:
        """Return the canonical bytes of `obj`."""
        return canonical.encode(obj)

    def decode(self, data: bytes) -> Any:
        """Return the object in `data`."""
        return canonical.decode(data)


class EventMapper(Mapper[str]):
    """Maps by our table of topics.

    The library's own mapper imports whatever module a topic names; a log that somebody tampered
    with must not choose what is imported.
    """

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Return the row for an event."""
        return StoredEvent(*draft_of(cast("Event", domain_event)))

    def __init__(
        self,
        transcoder: Transcoder,
        body: Callable[[bytes], bytes | None] = lambda _: None,
        purged: Callable[[], Container[bytes]] = tuple,
    ) -> None:
        super().__init__(transcoder)
        self._body = body
        self._purged = purged

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """Return the event in a row, upcast to today's version of its class."""
        if stored_event.topic not in EVENT_TYPES:
            raise TetraEsError(
                f"{stored_event.originator_id} holds an event of the unknown kind "
                f"{stored_event.topic!r}",
                hint="it was written by a newer tetra-es: upgrade this one",
            )
        state = self.transcoder.decode(stored_event.state)
        event = event_in(
            str(stored_event.originator_id),
            stored_event.originator_version,
            stored_event.topic,
            state,
            self._body,
            self._purged(),
        )
        return cast("DomainEventProtocol[str]", event)
