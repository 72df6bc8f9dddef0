"""The log of an organization that is shared: appended to where everybody does, then here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.log.port import HeadMoved, Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tetra_es.log.chain import Head
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record
    from tetra_es.log.shared import SharedLog


class SharingLog:
    """The shared log and the replica of it that is here; see `log.port.AppendableLog`.

    Events are read from the replica. After a lost answer, the shared log is asked.
    """

    def __init__(self, local: AppendableLog, shared: SharedLog) -> None:
        self._local = local
        self.shared = shared
        self.is_stale = True
        """Whether others may have appended since the log was asked."""
        self.in_doubt = False
        """Whether something was sent, and is not known to be in the log or not."""

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        """Append where everybody does, then here. Raises as the port says."""
        kept = list(bodies)
        self.in_doubt = True
        try:
            self.shared.append(after, records, kept)
        except HeadMoved:
            self.is_stale, self.in_doubt = True, False
            raise
        except Unknown:
            raise
        except TetraEsError:
            self.in_doubt = False
            raise
        try:
            self._local.append(after, records, bodies=kept)
        except TetraEsError as error:
            problem = TetraEsError(
                f"recorded as #{records[0].position} at {self.shared.shown}, but not here: "
                f"{error.message}",
                hint="fix that; the next command that records takes it over",
            )
            problem.exit_code = error.exit_code
            raise problem from error
        self.in_doubt = False

    def purge(self, digests: Collection[bytes]) -> bool:
        """Destroy bodies here. The shared log follows when all that is derived has."""
        return self._local.purge(digests)

    def head(self) -> Head:
        """Ask the shared log for its head."""
        return self.shared.fetch()

    def holds(self, at: Head) -> bool:
        """Ask the shared log whether it has an event."""
        self.is_stale = True
        return self.shared.holds(at)

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto` that are here."""
        return self._local.records(after, upto)

    def body(self, digest: bytes) -> bytes | None:
        """Return a body that is here, None where there is none or it was purged."""
        return self._local.body(digest)

    def wait(self, after: int, timeout: float) -> bool:
        """Wait for an event here at a position higher than `after`."""
        return self._local.wait(after, timeout)

    def close(self) -> None:
        """Let go of what both hold."""
        self.shared.close()
        self._local.close()
