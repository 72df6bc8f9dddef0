"""One entry of a log: an event with its proof, as bytes, before anyone interprets it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.log.chain import Head

if TYPE_CHECKING:
    from tetra_es.events.base import Event


class Record:
    """An event with its hash and signature, as it is appended to a log and read from one.

    `event` is decoded at first use.
    """

    def __init__(
        self,
        position: int,
        stream: str,
        version: int,
        topic: str,
        state: bytes,
        previous: bytes,
        hash_: bytes,
        signature: bytes,
    ) -> None:
        self.position = position
        """Global number of the event in the store, from 1; numbers may be skipped."""
        self.stream = stream
        self.version = version
        self.topic = topic
        self.state = state
        """Canonical JSON, the exact bytes that were hashed."""
        self.previous = previous
        """Hash of the event before, 32 bytes."""
        self.hash = hash_
        self.signature = signature
        """The SSHSIG blob (binary, not armored) over `chain.signed_bytes(hash)`; empty where the
        signature of the last event of its batch stands for it."""

    @property
    def head(self) -> Head:
        """The head of a log that ends here."""
        return Head(self.position, self.hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.position, self.hash))

    def __repr__(self) -> str:
        return f"<Record #{self.head} {self.topic} in {self.stream} at {self.version}>"

    def _parts(self) -> tuple[object, ...]:
        stored = (self.position, self.stream, self.version, self.topic, self.state)
        return (*stored, self.previous, self.hash, self.signature)

    @cached_property
    def event(self) -> Event:
        """The decoded event, upcast to today's version of its class."""
        # A quick answer reads records without their events, and does not pay for all kinds.
        from tetra_es.events.base import event_from_state
        from tetra_es.events.catalogue import EVENT_TYPES
        from tetra_es.log.canonical import decode

        cls = EVENT_TYPES.get(self.topic)
        if cls is None:
            raise TetraEsError(
                f"event #{self.position} is of the unknown kind {self.topic!r}",
                hint="it was written by a newer tetra-es: upgrade this one",
            )
        try:
            return event_from_state(cls, self.stream, self.version, decode(self.state))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise IntegrityFailure(
                f"event #{self.position} ({self.topic}) cannot be read: "
                f"{str(error) or type(error).__name__}",
                hint="run `tetra-es verify` to find out what was changed",
            ) from error
