"""Rules for signers and for the floor of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.gate.state import Signer
from tetra_es.gate.verdicts import Broken, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.state import State


def _added(entry: Entry, state: State, _bodies: Bodies) -> None:
    name, key = entry.state["signer"], entry.state["key"]
    if name in state.signers:
        raise Broken(Reason.SIGNER_TAKEN, f"there is a signer {name} already")
    for other, signer in state.signers.items():
        if signer.key == key:
            raise Broken(Reason.SIGNER_TAKEN, f"that key already belongs to signer {other}")


def _removed(entry: Entry, state: State, _bodies: Bodies) -> None:
    name = entry.state["signer"]
    if name not in state.signers or state.signers[name].key != entry.state["key"]:
        raise Broken(Reason.SIGNER_MISSING, f"there is no signer {name} with that key")
    others = [signer for other, signer in state.signers.items() if other != name]
    if entry.batch == (1, 1) and (broken := _nobody_left(others)):
        raise broken


def _upgraded(entry: Entry, state: State, _bodies: Bodies) -> None:
    floor = entry.state["floor"]
    if not state.floor < floor <= entry.rules:
        raise Broken(
            Reason.UPGRADE,
            f"{floor} cannot be the least number of rules: it is {state.floor} now, and the event "
            f"follows rules {entry.rules}",
        )


def check_last(entries: Sequence[Entry], state: State) -> Broken | None:
    """Return what is wrong where a batch leaves nobody without limits.

    A batch may remove a signer and add the same one with other limits, so only its end counts.
    """
    if not any(entry.topic == "signer.removed" for entry in entries):
        return None
    return _nobody_left(state.signers.values())


def _nobody_left(signers: Iterable[Signer]) -> Broken | None:
    if any(signer.may is None for signer in signers):
        return None
    return Broken(Reason.LAST_SIGNER, "no signer without limits would be left")


def _add(entry: Entry, state: State) -> None:
    may = entry.state["may"]
    limits = None if may is None else frozenset(may)
    state.put(state.signers, entry.state["signer"], Signer(entry.state["key"], limits))


def _remove(entry: Entry, state: State) -> None:
    state.take(state.signers, entry.state["signer"])


def _upgrade(entry: Entry, state: State) -> None:
    state.set(floor=entry.state["floor"])


CHECKS: Final = {
    "signer.added": _added,
    "signer.removed": _removed,
    "organization.upgraded": _upgraded,
}
CHANGES: Final = {
    "signer.added": _add,
    "signer.removed": _remove,
    "organization.upgraded": _upgrade,
}
