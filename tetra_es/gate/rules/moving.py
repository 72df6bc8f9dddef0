"""Rules 3 for moving the log: it goes somewhere, and nothing is recorded together with that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.gate.verdicts import Broken, Reason

if TYPE_CHECKING:
    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.state import State


def _moved(entry: Entry, _state: State, _bodies: Bodies) -> None:
    if entry.batch != (1, 1):
        raise Broken(Reason.MOVED, "something is recorded together with it")
    if entry.state["address"] == entry.state["before"]:
        raise Broken(Reason.MOVED, "the log was there before")


CHECKS: Final = {"log.moved": _moved}
