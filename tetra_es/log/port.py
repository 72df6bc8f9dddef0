"""The port: what tetra-es needs of a log, whatever keeps it.

It is one thing: **append if the head is still the one that I decided on**. A `Record` is linked and
signed before any lock is taken, and reading gives back the same record. So a replica takes over
the records of another log as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tetra_es.errors import IntegrityFailure, TetraEsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record


class Log(Protocol):
    """A log that can be read. No method takes a lock that a writer waits for."""

    def head(self) -> Head:
        """Return the newest event's position and hash, `START` where there is none."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order and without gaps.

        Without `upto`, up to the head of when the first one is asked for: later ones are left out.
        """

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged.

        Raises `IntegrityFailure` where its bytes are not those of the digest.
        """

    def holds(self, at: Head) -> bool:
        """Return whether the event with this hash is at this position."""

    def wait(self, after: int, timeout: float) -> bool:
        """Wait for an event at a position higher than `after`; False after `timeout` seconds."""

    def close(self) -> None:
        """Let go of what it holds; nothing else may be called after."""


class AppendableLog(Log, Protocol):
    """A log that takes events."""

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        """Append all the records and bodies, or none; durable on return.

        The first record follows `after`. A body that is there already is kept as it is.

        Raises `HeadMoved` where the head is another one, `Unknown` where it may have happened or
        not, `Unfit` for records that no log may take, `TetraEsError` where it did not happen.
        """

    def purge(self, digests: Collection[bytes]) -> bool:
        """Destroy bodies; they must be named by purge events that the log has.

        Those that it does not have are refused from then on, as the others are.

        Returns False where something of them is still in the files of the log because somebody
        reads an older state; purging again, or the end of all readers, removes that.

        Raises `Unfit`, and destroys nothing, where one of them is named by no such event.
        """


class HeadMoved(TetraEsError):
    """Somebody else appended: decide again, on the new head. Nothing was appended."""

    def __init__(self, after: Head, head: Head) -> None:
        if after.position != head.position:
            what = f"the log does not end at #{after.position} any more, but at #{head.position}"
        elif head.position:
            what = f"the log has another event at #{head.position}"
        else:
            what = "somebody else changed the log meanwhile"
        super().__init__(what, hint="try again; nothing was recorded")
        self.head = head
        """The head as it was found."""


class Unknown(TetraEsError):
    """The log did not answer: whether the events are in it is not known."""

    exit_code = 6

    def __init__(self, message: str = "the log did not answer") -> None:
        super().__init__(
            f"{message}: it is unknown whether the events were recorded",
            hint="`tetra-es pull` will tell",
        )


class Unfit(IntegrityFailure):
    """No log may take these records or bodies, or purge those. Nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="nothing was recorded; this is a defect of what sent it")
