"""Snapshots between aggregates and stored rows, for the event-sourcing library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tetra_es.events.base import Event
from tetra_es.log.mapper import EventMapper
from tetra_es.store.schema import SNAPSHOT_TOPIC

if TYPE_CHECKING:
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


class SnapshotMapper(EventMapper):
    """Maps snapshots as well."""

    def class_of(self, topic: str) -> type[Event] | None:
        """Return the class of a topic, None for one that is not known."""
        return AggregateSnapshot if topic == AggregateSnapshot.TOPIC else super().class_of(topic)
