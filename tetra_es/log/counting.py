"""From when on an event counts, where a time is asked for: its effective time.

An event says when it was recorded. Clocks go wrong, and a signer may write any time. So that no
later event changes an answer about the past, effective times rise from batch to batch: an event
whose time is not later than that of the batch before counts from a microsecond after that one.

Three kinds of events are apart:

- A void event changes nothing, nor the times of those after it.
- The states that an imported organization begins with count from their own times.
- Where a time is in the future by mistake, an event of a signer without limits that says
  `clock: corrected` counts from its own time, and those after it rise from there.
"""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from tetra_es.events.metadata import CORRECTED
from tetra_es.limits import CLOCK_SKEW
from tetra_es.refs import format_time, stored_time

IMPORTED: Final = "environment.imported"
_MICROSECOND: Final = timedelta(microseconds=1)


class Reached(NamedTuple):
    """What the times of later events rise from."""

    time: str = ""
    """Effective time of the newest valid event; not of the states of an imported organization."""
    by: int = 0
    """The event whose own time that is, but for the microseconds that were added."""
    since: int = 1
    """The event from which times rise: the newest correction, or event 1."""
    command: str = ""
    """Of the newest event, where that is of the first edition, which has no batches."""
    founding: bool = True
    """Whether nothing was recorded but what the organization begins with."""


class Counted(NamedTuple):
    """How an event counts."""

    time: str
    """Its effective time: RFC 3339, UTC, microseconds."""
    since: int | None
    """The event from which times rise up to it; 0 for a state of an imported organization that
    counts from its own time, None for a void event."""
    reached: Reached
    """What the times of the events after it rise from."""


def count(
    before: Reached,
    position: int,
    topic: str,
    state: Mapping[str, Any],
    *,
    void: bool = False,
    may_correct: Callable[[str], bool],
) -> Counted:
    """Return how the event at a position counts, by its stored state and by those before it.

    `may_correct` is asked whether a signer had no limits before this event.
    """
    metadata = state["metadata"]
    is_old = "rules" not in metadata
    command = str(metadata["correlation"]) if is_old else ""
    goes_on = position > 1 and (command == before.command if is_old else metadata["batch"][0] > 1)
    founding = position == 1 or (before.founding and goes_on)
    if topic == IMPORTED and founding and not void:
        there = before._replace(command=command)
        return Counted(stored_time(state.get("timestamp")) or before.time, 0, there)
    least = before.time if goes_on else _after(before.time)
    own = stored_time(metadata.get("recorded")) or stored_time(state.get("timestamp")) or least
    if void:
        return Counted(max(least, own), None, before)
    time, by, since = max(least, own), position if own > least else before.by, before.since
    says_so = metadata.get("clock") == CORRECTED and own < least and not goes_on
    if says_so and may_correct(metadata["actor"]):
        time, by, since = own, position, position
    return Counted(time, since, Reached(time, by, since, command, founding))


def latest_by(now: str) -> str:
    """Return the latest time that a right clock can show now: two may differ so much."""
    try:
        return format_time(datetime.fromisoformat(now) + timedelta(seconds=CLOCK_SKEW))
    except OverflowError:
        return now


def _after(time: str) -> str:
    """Return the next time; the last one that there is where there is none."""
    if not time:
        return time
    try:
        return format_time(datetime.fromisoformat(time) + _MICROSECOND)
    except OverflowError:
        return time
