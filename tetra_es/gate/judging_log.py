"""A log in front of which the gate stands: what it would not admit is not appended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.errors import Refused
from tetra_es.gate.verdicts import Kind, Reason, Rejected
from tetra_es.log.port import Unfit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tetra_es.gate.gate import Gate, Judged
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.chain import Head
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record

_HINT: Final = "nothing was recorded"
_BACK: Final = (
    f"{_HINT}: the same text, or the same changes, would be back; leave out what was purged, or "
    "change something else, too"
)
_HINTS: Final = {
    Reason.PURGED: _BACK,
    Reason.ROLE: f"{_HINT}; `tetra-es signer list` shows who may do what",
}


class JudgingLog:
    """Hands everything but `append` on to the log behind it; see `log.port`."""

    def __init__(self, log: AppendableLog) -> None:
        self._log = log

    def _append(
        self, gate: Gate, after: Head, records: Sequence[Record], bodies: Iterable[bytes]
    ) -> Judged:
        """Append a batch that the gate finds valid. Raises `Refused` for any other, `Unfit`."""
        kept = list(bodies)
        try:
            judged = gate.judge(records, kept)
        except Rejected as error:
            raise Unfit(f"event #{after.position + 1}: {error}") from error
        for verdict in judged.verdicts:
            if verdict.kind is not Kind.VALID:
                raise Refused(verdict.what, hint=_hint(verdict))
        self._log.append(after, records, bodies=kept)
        return judged

    def purge(self, digests: Collection[bytes]) -> bool:
        """Destroy bodies that a purge event names. Raises as the port says."""
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


def _hint(verdict: Verdict) -> str:
    return _HINTS.get(verdict.reason, _HINT) if verdict.reason else _HINT
