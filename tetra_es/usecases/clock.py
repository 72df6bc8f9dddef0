"""Whether the time at which something is recorded can be right: no rule of the gate.

Effective times rise (`log.counting`). Who records long before the time that they reached has a
wrong clock, or somebody before had one: then a signer without limits says so, and they count from
now. What has happened is recorded all the same: refusing it would not undo it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.errors import Refused, UsageError
from tetra_es.events.deployments import FACTS
from tetra_es.log.counting import latest_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.events.base import Event
    from tetra_es.log.counting import Reached

_HAPPENED: Final = frozenset(fact.TOPIC for fact in FACTS)


def is_ahead(reached: Reached, now: str) -> bool:
    """Return whether times in the history are so late that now is too early to be right."""
    return reached.time > latest_by(now)


def check_clock(reached: Reached, events: Sequence[Event]) -> None:
    """Raise `Refused` where events would be recorded long before the time that was reached.

    Unless all of them tell what has happened on a host, such as how a deployment ended.
    """
    if all(event.TOPIC in _HAPPENED for event in events):
        return
    if any("clock" in event.metadata for event in events):
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
