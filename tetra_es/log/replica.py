"""Reading an organization's events, whichever edition keeps them: the one way to do it.

What reads here sees an event as it is in memory, with its text and changes whole. An event that is
void keeps its place and is listed, and changes nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tetra_es.errors import Refused
from tetra_es.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from tetra_es.events.base import Event
    from tetra_es.events.config import EnvironmentState
    from tetra_es.log.record import Record


class Ending(Enum):
    """Whether the events that are here are all that there were, by what this account admitted."""

    WHOLE = "whole"
    """All that was admitted is here: what goes further was made by somebody else."""
    EARLY = "early"
    """More was admitted: what goes further may be all there is of the rest."""
    UNTOLD = "untold"
    """Nothing is known of that, as for a store of the first edition."""


class Purge(NamedTuple):
    """The event that destroyed a body."""

    event: int
    """Its position."""
    actor: str
    time: str
    reason: str

    def __str__(self) -> str:
        return f"purged at #{self.event}: {one_line(self.reason)}"


class Purged(Refused):
    """Something is asked for that was destroyed on purpose."""

    def __init__(self, what: str, purge: Purge, environment: str) -> None:
        super().__init__(
            f"{what} was {purge}", hint=f"`tetra-es history {environment}` lists the other states"
        )
        self.purge = purge


class Replica(Protocol):
    """The events that are here. Use as a context manager."""

    @property
    def path(self) -> Path:
        """The file that has them."""

    @property
    def ending(self) -> Ending:
        """Whether they are all that there were."""

    def state_folder(self) -> Path | None:
        """Return where this account keeps what it knows of the organization.

        None for an organization of the first edition. Raises `TetraEsError`.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def close(self) -> None:
        """Let go of the file."""

    def follow(self) -> None:
        """Take in what others recorded since it was opened."""

    def last_position(self) -> int:
        """Return the position of the newest event, 0 where there is none."""

    def require_events(self) -> None:
        """Raise `Unfounded` where there is no event."""

    def record(self, position: int) -> Record | None:
        """Return the event at `position`, None where there is none."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order."""

    def of_stream(
        self, stream: str, *, from_version: int = 1, descending: bool = False
    ) -> Iterator[Record]:
        """Yield the events of one stream from a version on, in its order or the newest first."""

    def of_topics(self, topics: Sequence[str], upto: int) -> list[Record]:
        """Return the events of these kinds up to a position, in order."""

    def streams(self, prefix: str) -> list[str]:
        """Return the streams whose names begin with `prefix`."""

    def has_topic(self, topic: str, after: int, upto: int) -> bool:
        """Return whether an event of this kind is in `after` < position <= `upto`."""

    def event(self, record: Record) -> Event:
        """Return the event of a record in memory; a text that was purged is empty, changes too.

        Raises `IntegrityFailure` where it cannot be read, `TetraEsError` for a kind that is not
        known.
        """

    def purge_of(self, digest: bytes) -> Purge | None:
        """Return what destroyed a body, None where nothing did."""

    def what_purged(self, digest: bytes, position: int) -> Purge | None:
        """Return what destroyed a body of the event at `position`, None where nothing did.

        Raises `Unavailable` where that was after all that is read here.
        """

    def void(self, position: int) -> str | None:
        """Return why the event at `position` changed nothing, None where it is valid."""

    def stopped(self) -> str | None:
        """Return why what is stored after the newest event does not count; None for nothing."""

    def state_text(self, position: int) -> str | None:
        """Return the TOML text that the event at `position` holds, None where there is none.

        Raises `Purged` where it was destroyed.
        """

    def body(self, digest: bytes) -> bytes | None:
        """Return the text, changes or age file with this SHA-256; None: unknown or purged."""

    def bodies(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield digest and bytes of every body that is kept by digest; None: it was purged."""


def valid_events(replica: Replica, records: Iterable[Record]) -> Iterator[tuple[Record, Event]]:
    """Yield the records that are not void, each with its event."""
    for record in records:
        if replica.void(record.position) is None:
            yield record, replica.event(record)


def check_not_purged(replica: Replica, position: int, state: EnvironmentState) -> None:
    """Raise `Purged` where the text of a state, which an event has, was destroyed."""
    if purge := replica.purge_of(bytes.fromhex(state.digest)):
        name = f"{state.environment}@{state.revision} (#{position})"
        raise Purged(name, purge, state.environment)


def events_in(replica: Replica, records: Iterable[Record]) -> Iterator[Event]:
    """Yield the events of the records that are not void, for an aggregate to fold."""
    return (event for _, event in valid_events(replica, records))
