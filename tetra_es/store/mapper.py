"""Between events and stored rows, for the event-sourcing library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from eventsourcing.persistence import Mapper, StoredEvent, Transcoder

from tetra_es.errors import TetraEsError
from tetra_es.events.base import Event, event_from_state, state_of
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.log import canonical
from tetra_es.store.schema import SNAPSHOT_TOPIC

if TYPE_CHECKING:
    from eventsourcing.domain import DomainEventProtocol

    from tetra_es.model.aggregate import Aggregate


class AggregateSnapshot(Event):
    """The state of an aggregate at a version: a cache that `verify` checks, not an event."""

    TOPIC: ClassVar[str] = SNAPSHOT_TOPIC

    state: dict[str, Any]

    @classmethod
    def take(cls, aggregate: Aggregate) -> AggregateSnapshot:
        """Return the snapshot of `aggregate`; the signature is the library's."""
        return cls(
            originator_id=aggregate.id,
            originator_version=aggregate.version,
            timestamp="",
            metadata={},
            state=aggregate.snapshot(),
        )


class CanonicalTranscoder(Transcoder):
    """States as canonical JSON."""

    def encode(self, obj: Any) -> bytes:
        """Return the canonical bytes of `obj`."""
        return canonical.encode(obj)

    def decode(self, data: bytes) -> Any:
        """Return the object in `data`."""
        return canonical.decode(data)


class CanonicalMapper(Mapper[str]):
    """Maps by our table of topics.

    The library's own mapper imports whatever module a topic names; a store that somebody
    tampered with must not choose what is imported.
    """

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Return the row for an event or a snapshot."""
        event = cast("Event", domain_event)
        return StoredEvent(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=event.TOPIC,
            state=self.transcoder.encode(state_of(event)),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """Return the event or snapshot in a row, upcast to today's version of its class."""
        cls = EVENT_TYPES.get(stored_event.topic)
        if cls is None and stored_event.topic == AggregateSnapshot.TOPIC:
            cls = AggregateSnapshot
        if cls is None:
            raise TetraEsError(
                f"{stored_event.originator_id} holds an event of the unknown kind "
                f"{stored_event.topic!r}",
                hint="it was written by a newer tetra-es: upgrade this one",
            )
        state = self.transcoder.decode(stored_event.state)
        event = event_from_state(
            cls, str(stored_event.originator_id), stored_event.originator_version, state
        )
        return cast("DomainEventProtocol[str]", event)
