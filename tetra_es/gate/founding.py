"""The first batch of a log: what founds an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.gate.gate import Gate
from tetra_es.gate.judging_log import JudgingLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record


class FoundingLog(JudgingLog):
    """A log without events; takes one batch, if the gate would."""

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        """Append a batch that is valid. Raises `Refused` where it is not, and as the port says."""
        self._append(Gate(self._log), after, records, bodies)
