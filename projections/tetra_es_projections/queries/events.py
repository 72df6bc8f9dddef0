"""One event, whole, with its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tetra_es.crypto.ssh import sshsig
from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.errors import TetraEsError
from tetra_es.events.base import changes_of
from tetra_es.log import canonical, chain
from tetra_es_projections.bodies import known_event, purged_in
from tetra_es_projections.descriptions import summary_of_known, summary_of_void
from tetra_es_projections.queries.refs import position_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es.events.base import KeyChange
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
    """Armored, as `ssh-keygen -Y verify` takes it."""
    key: str
    """Fingerprint of the key that signed."""
    commit: str | None
    """Of the mirror, None where it is not there."""
    purged: list[dict[str, Any]]
    """Bodies that it named and that were destroyed: `body`, `event`, `reason`."""


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
        return _void(record, reason, reader.views.commit(position), purged_in(reader.log, record))
    event, _ = known_event(reader.log, record)
    purged = purged_in(reader.log, record)
    return FoundEvent(
        _details(record, reader.views.commit(position), purged),
        summary_of_known(event, purged),
        event.timestamp,
        event.metadata,
        changes_of(event),
        chain.signed_bytes(record.hash),
    )


def _void(
    record: Record, reason: str, commit: str | None, purged: Mapping[str, Purge]
) -> FoundEvent:
    state = canonical.decode(record.state)
    return FoundEvent(
        _details(record, commit, purged),
        f"{summary_of_void(record.topic)} ({reason})",
        state["timestamp"],
        state["metadata"],
        [],
        chain.signed_bytes(record.hash),
    )


def _details(record: Record, commit: str | None, purged: Mapping[str, Purge]) -> EventDetails:
    return EventDetails(
        event=record.position,
        stream=record.stream,
        version=record.version,
        topic=record.topic,
        state=canonical.decode(record.state),
        previous=record.previous.hex(),
        hash=record.hash.hex(),
        signature=sshsig.armor(record.signature),
        key=fingerprint(sshsig.public_key_of(record.signature)),
        commit=commit,
        purged=[
            {"body": kind, "event": purge.event, "reason": purge.reason}
            for kind, purge in purged.items()
        ],
    )
