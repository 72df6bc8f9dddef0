"""Whether an event elsewhere is one that the gate admits: then it is never rubbish."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from tetra_es.errors import IntegrityFailure
from tetra_es.gate.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.log.record import Record


class Elsewhere(Protocol):
    """Events of another place, and what they name."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order."""

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""


def is_lawful(source: Elsewhere, position: int) -> bool:
    """Return whether the gate admits the event at a position, and all before it."""
    with suppress(IntegrityFailure):  # something there cannot be read
        for verdict in Gate(source).admit(source.records()):
            if not verdict.admitted or verdict.record.position == position:
                return verdict.admitted
    return False
