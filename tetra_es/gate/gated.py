"""A log that is appended to through the gate: nothing void or refused is ever recorded here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.gate.judging_log import JudgingLog
from tetra_es.gate.opening import catch_up, pin
from tetra_es.gate.pins.pins import Forked
from tetra_es.log.port import HeadMoved, Unfit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tetra_es.gate.opening import Opened
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.chain import Head
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record


class GatedLog(JudgingLog):
    """Judges events before they are appended, and pins them after; see `log.port`."""

    def __init__(self, log: AppendableLog, opened: Opened, *, shared: bool = False) -> None:
        """With `shared`, what is missing here may come from others before anything is appended."""
        super().__init__(log)
        self.opened = opened
        self._shared = shared
        self.warnings: list[str] = []
        """What went wrong after events were recorded."""

    def catch_up(self) -> list[Verdict]:
        """Admit what others appended; return void ones. To be called before deciding."""
        return catch_up(self.opened, self._log, shared=self._shared)

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        """Append a batch that is valid. Raises `Refused` where it is not, and as the port says."""
        self.opened.check_recording()
        if after != self.opened.gate.state.head:
            raise HeadMoved(after, self.opened.gate.state.head)
        judged = self._append(self.opened.gate, after, records, bodies)
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
        return super().purge(digests)
