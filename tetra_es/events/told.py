"""What an event says of itself: all that readers may look at in one that is void.

A void event is one of a signer, and the rest of it can be anything: only `Told` looks into it. So
no reader can stumble over what it holds, and none believes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tetra_es.errors import UsageError
from tetra_es.names import check_environment
from tetra_es.refs import stored_time

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_TIME: Final = "1970-01-01T00:00:00.000000Z"
"""The time of an event that says none, as that of its commit in the mirror."""


class Told(NamedTuple):
    """Who, when and why, as an event says it."""

    time: str
    """UTC with microseconds, whatever the event has: see `time_in`."""
    actor: str
    reason: str
    environment: str | None
    """That it concerns; None for none, and for what is not the name of one."""
    batch: tuple[int, int]
    """Which one of how many events it is; (1, 1) in the first edition."""


def told(state: Mapping[str, Any]) -> Told:
    """Return what an admitted event says, valid or void."""
    metadata = state["metadata"]
    return Told(
        time_in(state.get("timestamp")),
        metadata["actor"],
        metadata["reason"],
        environment_in(state),
        batch_in(metadata),
    )


def batch_in(metadata: Mapping[str, Any]) -> tuple[int, int]:
    """Return which one of how many events of its batch an event is; (1, 1) under rules 0."""
    number, count = metadata["batch"] if "rules" in metadata else (1, 1)
    return number, count


def time_in(timestamp: object) -> str:
    """Return a time as events of rules 1 have it, so that times can be compared as text.

    Under rules 0 it can have another form in a valid event, and be anything in a void one. Anything
    but a time with its zone, of the years 1 to 9999 in UTC, gives `NO_TIME`.
    """
    return stored_time(timestamp) or NO_TIME


def environment_in(state: Mapping[str, Any]) -> str | None:
    """Return the environment that an event concerns, as it is stored; None for none."""
    name = state.get("environment")
    try:
        return check_environment(name) if isinstance(name, str) else None
    except UsageError:
        return None
