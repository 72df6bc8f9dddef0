"""Which events an archive has: those that are asked for, and those that prove them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.events.told import told
from tetra_es.log import canonical
from tetra_es_projections.views.timeline import Counting

if TYPE_CHECKING:
    from tetra_es.log.counting import Counted
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica

ORGANIZATION: Final = "org"
"""The stream that says who may sign, and what was purged: archives have all of it."""
_NEVER: Final = "~"
"""Sorts after every time, also after those of the year 9999."""


class Filter(NamedTuple):
    """Which events are asked for; None lets all pass."""

    environment: str | None = None
    """That they concern."""
    since: str | None = None
    """A time as events have it; from when on they count is looked at."""
    until: str | None = None
    """A time as events have it."""

    def takes(self, seen: Seen) -> bool:
        """Return whether an event is one of these, as `history` has it."""
        return (
            self.environment in {None, seen.environment}
            and (self.since is None or seen.counts >= self.since)
            and (self.until is None or seen.counts <= self.until)
        )


class Seen(NamedTuple):
    """What a selection needs to know of an event."""

    position: int
    stream: str
    version: int
    environment: str | None
    time: str
    is_signed: bool
    """Whether it has a signature of its own; else the last one of its batch has."""
    effective: str
    by: int
    """The event whose own time that is, where it is not its own."""
    since: int | None
    """The event that times rise from up to it, as in `Counted`."""
    counts: str
    """From when on it counts: its effective time, or that of a later event."""
    early: int
    """The event whose effective time that is."""


class Selection(NamedTuple):
    """The events of an archive, by position and in order."""

    chosen: list[int]
    """Those that are asked for."""
    context: list[int]
    """Those that show that the others are all there are, and who signed them."""
    streams: dict[str, int]
    """Stream to the position of its last event, of all streams."""
    effective: dict[int, str]
    """Position to effective time, by those before it, of all of these events."""
    counts: dict[int, str]
    """Position to the time from which on the event counts, also where a later one corrects it."""


def seen(record: Record, counted: Counted) -> Seen:
    """Return what a selection needs of an event."""
    said = told(canonical.decode(record.state))
    position = record.position
    return Seen(
        position,
        record.stream,
        record.version,
        said.environment,
        said.time,
        bool(record.signature),
        counted.time,
        position if said.time == counted.time else counted.reached.by,
        counted.since,
        counted.time,
        position,
    )


def _counted(every: list[Seen]) -> list[Seen]:
    """Return events with the time from which on each counts: the earliest one from it on.

    Of imported states, no time is looked at but their own.
    """
    found, least = [], (_NEVER, 0)
    for one in reversed(every):
        least_with_it = min(least, (one.effective, one.position))
        if one.since != 0:
            least = least_with_it
        found.append(one._replace(counts=least_with_it[0], early=least_with_it[1]))
    return found[::-1]


def select(log: Replica, upto: int, wanted: Filter) -> Selection:
    """Return which of all events up to a position an archive has."""
    counting = Counting(log)
    every = _counted([seen(record, counting.take(record)) for record in log.records(upto=upto)])
    chosen = [one.position for one in every if wanted.takes(one)]
    needed = {one.position for one in every if one.stream == ORGANIZATION} | {len(every)}
    if wanted.environment is None:
        needed |= _around(chosen, [one.position for one in every], wanted)
    else:
        streams: dict[str, list[int]] = defaultdict(list)
        for one in every:
            if one.stream != ORGANIZATION:
                streams[one.stream].append(one.position)
        taken = set(chosen)
        for stream, positions in streams.items():
            here = [one for one in positions if one in taken]
            if here or _is_of(stream, wanted.environment):
                needed |= _around(here, positions, wanted)
    needed |= {one.position for one in every if one.since == one.position}
    # Those that show why void ones count from an earlier time than their own.
    needed |= {every[position - 1].early for position in (*chosen, *needed)}
    _add_signed(every, needed.union(chosen), needed)
    # Those that show why others count from a later time than their own.
    needed |= {every[position - 1].by for position in (*chosen, *needed)} - {0}
    _add_signed(every, needed.union(chosen), needed)
    last = {one.stream: one.position for one in every}
    there = sorted({*chosen, *needed})
    effective = {one: every[one - 1].effective for one in there}
    counts = {one: every[one - 1].counts for one in there}
    return Selection(chosen, sorted(needed - set(chosen)), last, effective, counts)


def _is_of(stream: str, environment: str) -> bool:
    """Return whether a stream is of an environment, whatever events are in it."""
    kind, _, name = stream.partition(":")
    if kind == "deployments":
        return name.startswith(f"{environment}@")
    return kind in {"env", "secrets"} and name == environment


def _add_signed(every: list[Seen], there: set[int], needed: set[int]) -> None:
    """Add the rest of the batches of events that are not signed: the last one is signed."""
    for position in sorted(there):
        while not every[position - 1].is_signed and position + 1 not in there:
            position += 1  # noqa: PLW2901
            there.add(position)
            needed.add(position)


def _around(chosen: list[int], every: list[int], wanted: Filter) -> set[int]:
    """Return what is between the first and the last of some events, and one on either side.

    So nobody can say that there were others in between, or before and after. Where no time limits
    a side, that is all on it: events that are dated earlier or later than those around them, too.
    """
    if not chosen:
        return set() if wanted.since or wanted.until else set(every)
    begin = every.index(chosen[0]) - 1 if wanted.since else 0
    end = every.index(chosen[-1]) + 2 if wanted.until else len(every)
    return set(every[max(0, begin) : end])
