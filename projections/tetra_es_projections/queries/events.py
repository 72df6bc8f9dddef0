"""One event, whole, with its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.crypto.ssh import sshsig
from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.events.base import changes_of
from tetra_es.events.secrets import BodiesPurged, SecretPurged
from tetra_es.events.told import environment_in, time_in, told
from tetra_es.log import canonical, chain
from tetra_es.log.purged import named_bodies
from tetra_es_projections.bodies import known_event, purged_in
from tetra_es_projections.descriptions import summary_of_known, summary_of_void
from tetra_es_projections.queries.history_steps import STARTED, with_ends
from tetra_es_projections.queries.refs import position_of
from tetra_es_projections.queries.tables.key_table import ChangeRow
from tetra_es_projections.queries.written import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es.events.base import Event, KeyChange
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Purge
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader

_ALWAYS_THERE = {"actor", "reason", "tool", "correlation", "format", "rules", "batch"}


@dataclass(frozen=True)
class EventDetails:
    """What there is to know about an event."""

    event: int
    """Position."""
    stream: str
    version: int
    topic: str
    state: dict[str, Any]
    previous: str
    """Hash of the event before, hexadecimal like `hash`."""
    hash: str
    signature: str
    """Armored, as `ssh-keygen -Y verify` takes it: this event's, or the last one's of its batch."""
    signed_at: int
    """Position of the event whose signature it is."""
    key: str
    """Fingerprint of the key that signed."""
    effective: str
    """The time from which on it counts, where a time is asked for."""
    commit: str | None
    """Of the mirror, None where it is not there."""
    purged: list[dict[str, Any]]
    """Bodies that it named and that were destroyed: `body`, `event`, `reason`."""

    @property
    def purged_by(self) -> int | None:
        """The event that purged what it changed, or its text, as in its row of the history."""
        events = {one["body"]: one["event"] for one in self.purged}
        found: int | None = events.get("changes", events.get("text"))
        return found


class Destroyed(NamedTuple):
    """What an event had of the bodies that a purge destroyed."""

    event: int
    """Its position."""
    name: str
    """What it made, such as `dev@3`, or else its type."""
    bodies: Sequence[str]
    """`text`, `changes` and so on."""

    def __str__(self) -> str:
        return f"{self.name} (#{self.event}): {', '.join(self.bodies)}"


@dataclass(frozen=True)
class FoundEvent:
    """An event, ready to be shown in several ways."""

    details: EventDetails
    summary: str
    time: str
    metadata: dict[str, str]
    changes: Sequence[KeyChange]
    signed_bytes: bytes
    """The bytes that were signed."""
    void: str | None = None
    """The rule that it breaks, so that it changed nothing; None for a valid event."""
    purges: Sequence[Destroyed] = ()
    """What other events had of the bodies that it destroyed, where it is a purge."""

    @property
    def environment(self) -> str | None:
        """That it concerns, None for none."""
        return environment_in(self.details.state)

    @property
    def revision(self) -> int | None:
        """The number of the state or text that it made, None for none."""
        number: int | None = None if self.void else self.details.state.get("revision")
        return number

    @property
    def more(self) -> dict[str, str]:
        """The metadata that only some events have, by name."""
        names = sorted(set(self.metadata) - _ALWAYS_THERE)
        return {name: self.metadata[name] for name in names}


def find_event(reader: Reader, ref: Ref) -> FoundEvent:
    """Return the event that a REF names. Raises `UsageError` or `TetraEsError` for none."""
    position = position_of(reader.views, ref)
    record = reader.log.record(position)
    if record is None:
        raise TetraEsError(f"there is no event #{position}")
    if reason := reader.views.events.void(position):
        details = _details(reader, record, purged_in(reader.log, record))
        return _void(reader, record, reason, details)
    event, _ = known_event(reader.log, record)
    purged = purged_in(reader.log, record)
    return FoundEvent(
        _details(reader, record, purged),
        _summary(reader, position) or summary_of_known(event, purged),
        time_in(event.timestamp),
        event.metadata,
        _changes(reader, position, event),
        chain.signed_bytes(_signed(reader, record).hash),
        purges=_purges(reader, event),
    )


def _summary(reader: Reader, position: int) -> str | None:
    """Return how an event of a deployment is listed in the history, None for another event."""
    row = reader.views.events.find(position)
    return with_ends(reader, [row])[0].summary if row and row.type == STARTED else None


def _purges(reader: Reader, event: Event) -> Sequence[Destroyed]:
    """Return what other events had of the bodies that an event destroyed, in their order.

    Nothing for a purge of the first edition, which does not say which events those are.
    """
    if not isinstance(event, BodiesPurged | SecretPurged):
        return ()
    positions = sorted(int(named["position"]) for named in event.named_by)
    records = filter(None, map(reader.log.record, positions))
    found = named_bodies(records, set(map(bytes.fromhex, event.digests)))
    return [Destroyed(*named) for named in found]


def _changes(reader: Reader, position: int, event: Event) -> list[KeyChange]:
    """Return what an event changed, with values that remember how they were written."""
    row, texts = reader.views.events.find(position), Texts(reader)
    if row is None:
        return changes_of(event)
    found = (ChangeRow(position, key or "", *values) for key, *values in changes_of(event))
    return [[change.key, *texts.of(row, change)] for change in found]


def _void(reader: Reader, record: Record, reason: str, details: EventDetails) -> FoundEvent:
    state = canonical.decode(record.state)
    return FoundEvent(
        details,
        f"{summary_of_void(record.topic)} ({reason})",
        told(state).time,
        state["metadata"],
        [],
        chain.signed_bytes(_signed(reader, record).hash),
        reason,
    )


def _signed(reader: Reader, record: Record) -> Record:
    """Return the event whose signature covers this one: itself, or the last one of its batch."""
    while not record.signature:
        following = reader.log.record(record.position + 1)
        if following is None:
            raise IntegrityFailure(f"event #{record.position} is the last one, and is not signed")
        record = following
    return record


def _details(reader: Reader, record: Record, purged: Mapping[str, Purge]) -> EventDetails:
    signed = _signed(reader, record)
    return EventDetails(
        event=record.position,
        stream=record.stream,
        version=record.version,
        topic=record.topic,
        state=canonical.decode(record.state),
        previous=record.previous.hex(),
        hash=record.hash.hex(),
        signature=sshsig.armor(signed.signature),
        signed_at=signed.position,
        key=fingerprint(sshsig.public_key_of(signed.signature)),
        effective=reader.views.events.counts_from(record.position),
        commit=reader.views.commit(record.position),
        purged=[
            {"body": kind, "event": purge.event, "reason": purge.reason}
            for kind, purge in purged.items()
        ],
    )
