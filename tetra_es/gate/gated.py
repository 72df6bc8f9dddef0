"""A log that is appended to through the gate: nothing void or refused is ever recorded here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es.gate.opening import catch_up, pin
from tetra_es.gate.pins.pins import Forked
from tetra_es.gate.verdicts import Kind, Rejected
from tetra_es.log.port import HeadMoved, Unfit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tetra_es.gate.opening import Opened
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.chain import Head
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record


class GatedLog:
    """Judges events before they are appended, and pins them after; see `log.port`."""

    def __init__(self, log: AppendableLog, opened: Opened) -> None:
        self._log = log
        self.opened = opened
        self.warnings: list[str] = []
        """What went wrong after events were recorded."""

    def catch_up(self) -> list[Verdict]:
        """Admit what others appended; return void ones. To be called before deciding."""
        return catch_up(self.opened, self._log)

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        """Append a batch that is valid. Raises `Refused` where it is not, and as the port says."""
        self.opened.check_recording()
        if after != self.opened.gate.state.head:
            raise HeadMoved(after, self.opened.gate.state.head)
        kept = list(bodies)
        try:
            judged = self.opened.gate.judge(records, kept)
        except Rejected as error:
            raise Unfit(f"event #{records[0].position if records else 0}: {error}") from error
        for verdict in judged.verdicts:
            if verdict.kind is not Kind.VALID:
                raise Refused(verdict.what, hint="nothing was recorded")
        self._log.append(after, records, bodies=kept)
        self.opened.gate.take(judged)
        hashes = [record.hash for record in records]
        try:
            pin(self.opened, [*self.opened.unpinned, *hashes])
            self.opened.unpinned = []
        except Forked:
            raise
        except TetraEsError as error:
            self.opened.unpinned += hashes
            self.warnings.append(error.message)

    def purge(self, digests: Collection[bytes]) -> bool:
        """Destroy bodies that a valid purge event names. Raises `Unfit`, and as the port says."""
        if left := set(digests) - self.opened.gate.state.purged.keys():
            raise Unfit(f"no valid purge event names the body {min(left).hex()}")
        return self._log.purge(digests)

    def head(self) -> Head:
        """Return the head of the log, which may have more than was admitted."""
        return self._log.head()

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`."""
        return self._log.records(after, upto)

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
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
