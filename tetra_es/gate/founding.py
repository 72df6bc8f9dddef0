"""The first batch of a log: what founds an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.gate.gate import Gate
from tetra_es.gate.verdicts import Kind, Rejected
from tetra_es.log.port import Unfit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tetra_es.log.chain import Head
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record


class FoundingLog:
    """A log without events; takes one batch, if the gate would; see `log.port`."""

    def __init__(self, log: AppendableLog) -> None:
        self._log = log

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        """Append a batch that is valid. Raises `Refused` where it is not, and as the port says."""
        kept = list(bodies)
        try:
            judged = Gate(self._log).judge(records, kept)
        except Rejected as error:
            raise Unfit(f"event #1: {error}") from error
        for verdict in judged.verdicts:
            if verdict.kind is not Kind.VALID:
                raise Refused(verdict.what, hint="nothing was recorded")
        self._log.append(after, records, bodies=kept)

    def purge(self, digests: Collection[bytes]) -> bool:
        """Destroy bodies."""
        return self._log.purge(digests)

    def head(self) -> Head:
        """Return the head of the log."""
        return self._log.head()

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`."""
        return self._log.records(after, upto)

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none."""
        return self._log.body(digest)

    def holds(self, at: Head) -> bool:
        """Return whether the event with this hash is at this position."""
        return self._log.holds(at)

    def wait(self, after: int, timeout: float) -> bool:
        """Wait for an event at a position higher than `after`."""
        return self._log.wait(after, timeout)

    def close(self) -> None:
        """Let go of what the log holds."""
        self._log.close()
