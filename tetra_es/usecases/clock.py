"""Whether the time at which something is recorded can be right: no rule of the gate.

Effective times rise (`log.counting`). Who records long before the time that they reached has a
wrong clock, or somebody before had one: then a signer without limits says so, and they count from
now.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, UsageError
from tetra_es.limits import CLOCK_SKEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.events.base import Event
    from tetra_es.log.counting import Reached


def is_ahead(reached: Reached, now: str) -> bool:
    """Return whether times in the history are so late that now is too early to be right."""
    if not reached.time:
        return False
    ahead = datetime.fromisoformat(reached.time) - datetime.fromisoformat(now)
    return ahead.total_seconds() > CLOCK_SKEW


def check_clock(reached: Reached, events: Sequence[Event]) -> None:
    """Raise `Refused` where events would be recorded long before the time that was reached."""
    if not events or any("clock" in event.metadata for event in events):
        return
    now = min(event.metadata.get("recorded", event.timestamp) for event in events)
    if is_ahead(reached, now):
        raise Refused(
            f"the clock here is wrong ({now}), or #{reached.by} is dated in the future "
            f"({reached.time})",
            hint="set the clock; where it is right, a signer without limits runs this with "
            "--clock-was-wrong -m WHY",
        )


def check_correction(reached: Reached, now: str, reason: str, *, may_correct: bool) -> None:
    """Raise `Refused` or `UsageError` where the time that was reached is not to be corrected."""
    if not reason:
        raise UsageError("--clock-was-wrong needs a reason", hint="-m TEXT says why")
    if not may_correct:
        raise Refused(
            "only a signer without limits corrects times",
            hint="leave out --clock-was-wrong",
        )
    if reached.time <= now:
        raise Refused(
            f"no event is dated in the future: the newest counts from {reached.time or now}",
            hint="leave out --clock-was-wrong",
        )
