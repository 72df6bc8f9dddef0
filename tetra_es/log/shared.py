"""The port of a log that several machines append to; each of them has a replica of it.

A machine takes over what others appended, through its gate, then decides, and offers what it
decided. An event that the log took is recorded: only then it comes into the replica, so that
nothing that others have seen ever gets another number.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from tetra_es.errors import IntegrityFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record


RERECORD_HINT: Final = (
    "`tetra-es pull --rerecord` takes over what is there, and records again what only this copy "
    "has; with --dry-run it says how"
)
"""What to do where the log and what is here are two lawful histories with one beginning."""

REPAIR_HINT: Final = "`tetra-es share repair` sets it aside there, and puts the log right"


def take_theirs(folder: Path, address: str) -> str:
    """Return the hint where an organization's folder and the log at an address are two histories.

    Both are lawful: somebody recorded here, or there, without the other.
    """
    aside = shlex.join(("mv", str(folder), f"{folder}.old"))
    restore = shlex.join(("tetra-es", "restore", folder.name, "--from", address, "-m", "WHY"))
    return (
        "what only this copy has cannot be recorded there any more. To go on with what is there: "
        f"`{aside}`, `{restore}`, then `{shlex.join(('tetra-es', 'share', address))}`"
    )


class Sent(NamedTuple):
    """An event of the shared log."""

    record: Record
    bodies: dict[bytes, bytes | None]
    """Digest to bytes of each body that it names, None for one that was purged."""


class Stray(IntegrityFailure):
    """The shared log has something at a position, and after it, that was never an event."""

    def __init__(self, message: str, position: int = 1, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.position = position


class Unfinished(NamedTuple):
    """What the shared log does not let be finished of a purge, or what was deleted there for it."""

    what: str
    hint: str
    """What to do about it; empty for nothing."""


class Repaired(NamedTuple):
    """What was put right at the shared log."""

    head: str
    """What it begins with again."""
    kept: str | None
    """Where it keeps what was there, None where that had what was purged."""
    commits: int
    """How many commits that is, of a repository."""
    rows: int = 0
    """How many rows that is, of a database."""
    bodies: int = 0
    """How many bodies are there again."""


class SharedLog(Protocol):
    """A log elsewhere, as of the last time that it was asked."""

    @property
    def address(self) -> str:
        """Where it is."""

    @property
    def shown(self) -> str:
        """Where it is, for people: without accounts and the like."""

    def is_level(self) -> bool:
        """Ask whether it has just the events that are here. Changes nothing, raises as `fetch`."""

    @property
    def mark(self) -> str:
        """How far it was looked at, in its own words: to be kept, and handed in the next time."""

    def fetch(self) -> Head:
        """Ask for the newest events; return the head. Takes bounded time.

        Raises `TetraEsError` where it does not answer, `Stray` where it has something else than
        events, `IntegrityFailure` where it has other events than this machine.
        """

    def fetch_sound(self) -> Head:
        """Do the same, and pass over the first thing that is not an event, and all after it."""

    def events(self, after: int) -> Iterator[Sent]:
        """Yield the events at positions higher than `after`, as of the last time it was asked."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, as of the last time."""

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""

    def check(self, sent: Sequence[Sent]) -> None:
        """Raise `Stray` where the next events, which were admitted, are not kept as they must be.

        To be called before they come into the replica.
        """

    def holds(self, at: Head) -> bool:
        """Ask whether the event with this hash is at this position. Raises as `fetch` does."""

    def append(self, after: Head, records: Sequence[Record], bodies: Iterable[bytes]) -> None:
        """Append all the records and bodies, or none.

        Raises `HeadMoved`, `Unknown` and `TetraEsError` as `AppendableLog.append` does.
        """

    def keeping_purged(self) -> Sequence[str]:
        """Ask which branches, or what else there is beside the log, keep what was purged.

        Changes nothing. Raises `TetraEsError` where it does not answer.
        """

    def sweep(self) -> Unfinished | None:
        """Delete what `repair` kept there of what was purged; return that, and what is left."""

    def lets(self) -> Sequence[str]:
        """Try what people may do to it beside appending, and change nothing; say it in words.

        Raises `TetraEsError` where it does not answer.
        """

    def grant(self, role: str, *, purge: bool = False) -> None:
        """Let a role of a database record there; with `purge`, destroy purged bodies too.

        Raises `UsageError` where there are no roles, `TetraEsError` where it may not be granted.
        """

    def settle(self) -> Unfinished | None:
        """See to it that the log has what this machine has, after all that follows was derived.

        It lacks events where it was set back, and has destroyed bodies where the one who purged
        them could not go on; returns what it refuses of that. Raises `HeadMoved` where others
        appended meanwhile, `TetraEsError`.
        """

    def repair(self) -> Repaired | None:
        """Set aside what `fetch_sound` passed over, None where that was nothing.

        Raises as `settle` does, and `Refused` where somebody else has to do it.
        """

    def close(self) -> None:
        """Let go of what it holds; nothing else may be called after."""
