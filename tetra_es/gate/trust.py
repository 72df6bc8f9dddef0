"""Moving a pin on purpose: a backup was restored, or an organization was founded again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, UsageError
from tetra_es.gate.gate import Gate
from tetra_es.gate.opening import stop
from tetra_es.gate.pins import checked, judged
from tetra_es.gate.pins.standing import organization_of
from tetra_es.log.chain import START

if TYPE_CHECKING:
    from tetra_es.gate.opening import ReadableLog
    from tetra_es.gate.pins.places import StateFolder
    from tetra_es.log.chain import Head


@dataclass(frozen=True)
class Move:
    """What would become of the pins."""

    organization: str
    founder: str
    """Of the history that is here, whose key every signature goes back to."""
    before: Head
    """Where the pins of this organization end, `START` where it has none."""
    replaces: str | None
    """The organization that was at this place, where it was another one."""
    lost: range
    """Positions that were admitted, and whose events are no longer believed."""
    hashes: list[bytes]
    """What would be pinned."""


def plan_move(log: ReadableLog, folder: StateFolder, place: str, head: Head) -> Move:
    """Return what trusting `head` would do: its events are admitted from the start.

    Raises `UsageError` where the log has no such event, `IntegrityFailure` where one of them is
    refused.
    """
    if head == START or not log.holds(head):
        raise UsageError(f"there is no event {head} here", hint=f"the newest here is {log.head()}")
    organization = organization_of(log)
    gate = Gate(log)
    hashes: list[bytes] = []
    for verdict in gate.admit(log.records()):
        before = verdict.record.position <= head.position
        if before and verdict.admitted:
            hashes.append(verdict.record.hash)
        elif not verdict.admitted and (before or not gate.firm):
            raise stop(verdict)
    pins = folder.pins(organization)
    known = folder.organization_at(place)
    pinned = pins.hashes()
    same = next(
        (at for at, (one, two) in enumerate(zip(pinned, hashes, strict=False)) if one != two),
        min(len(pinned), len(hashes)),
    )
    return Move(
        organization=organization,
        founder=gate.state.founder,
        before=pins.head,
        replaces=known if known != organization else None,
        lost=range(same + 1, len(pinned) + 1),
        hashes=hashes,
    )


def carry_out(move: Move, folder: StateFolder, place: str, *, why: str, time: str) -> None:
    """Move the pins, and keep why. Raises `Refused` without a reason."""
    if not why.strip():
        raise Refused("a pin is moved for a reason", hint="give one with -m")
    pins = folder.pins(move.organization)
    checked.drop(pins)
    judged.drop(pins)
    pins.move(move.hashes, why=why, time=time, founder=move.founder)
    folder.remember(place, move.organization)
