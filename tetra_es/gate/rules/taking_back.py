"""Rules 3 for events that take changes back: an undo, a rollback of some keys, or of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.errors import ConfigError
from tetra_es.gate.rules.one import configuration
from tetra_es.gate.rules.one.texts import check_text, state_at
from tetra_es.gate.verdicts import Broken, Reason
from tetra_es.layout import MANIFEST
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.toml.taken_back import same_keys, with_paths, without_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.lineage import Lineage, StateAt
    from tetra_es.gate.rules.one import Check
    from tetra_es.gate.state import State

_EDITS: Final = ("environment.edited", "manifest.edited", "profile.edited")
_ROLLED_BACK: Final = "environment.rolled_back"


def compared_with(entry: Entry, state: State) -> list[StateAt | None]:
    """Return the older texts that an event is compared with, beside the one before it."""
    if entry.topic in _EDITS and entry.state["undoes"] is not None:
        return [*_lineage(entry, state).around(entry.state["undoes"])]
    if entry.topic == _ROLLED_BACK and entry.state["paths"] is not None:
        return [_lineage(entry, state).find(entry.state["to_revision"])]
    return []


def _edited(entry: Entry, state: State, bodies: Bodies) -> None:
    check, undoes = configuration.CHECKS[entry.topic], entry.state["undoes"]
    lineage = _lineage(entry, state)
    if not _is_of_nobody(entry):
        _check_restored(entry, lineage)
    if undoes is None or _is_of_nobody(entry):
        check(entry, state, bodies)
        return
    present, (before, after) = lineage.newest, lineage.around(undoes)
    if after is None or present is None:
        raise Broken(Reason.TARGET, f"#{undoes} did not change what it changes")
    _check_not_purged(state, before, after)
    check(entry, state, bodies)
    old = _keys(bodies, before) if before else {}
    wanted = without_changes(_keys(bodies, present), old, _keys(bodies, after))
    if not same_keys(_keys(bodies, state_at(entry)), wanted):
        raise Broken(Reason.VALUES, f"it does more, or less, than take back #{undoes}")


def _check_restored(entry: Entry, lineage: Lineage) -> None:
    """Raise `Broken` where an edit has not the text of the revision that it brings back."""
    restores = entry.state.get("restores")
    if restores is None:
        return
    target = lineage.find(restores)
    if target is None or target.digest.hex() != entry.state["text"]:
        raise Broken(Reason.TARGET, f"its text is not that of revision {restores}")


def _rolled_back(entry: Entry, state: State, bodies: Bodies) -> None:
    event, lineage = entry.state, _lineage(entry, state)
    paths, present = event["paths"], lineage.newest
    if paths is None:
        configuration.CHECKS[entry.topic](entry, state, bodies)
        return
    target, name = lineage.find(event["to_revision"]), event["environment"]
    if target is None or present is None or target.position != event["to_position"]:
        raise Broken(Reason.TARGET, f"#{event['to_position']} is not {name}@{event['to_revision']}")
    if not paths or event["source_revision"] != present.source:
        raise Broken(Reason.TARGET, f"it names no keys, or another source revision than {name} has")
    _check_not_purged(state, target)
    check_text(entry, present, bodies)
    wanted = with_paths(_keys(bodies, present), _keys(bodies, target), paths)
    if not same_keys(_keys(bodies, state_at(entry)), wanted):
        raise Broken(
            Reason.VALUES, f"its values are not those of {name}@{target.revision} at its keys alone"
        )


def _is_of_nobody(entry: Entry) -> bool:
    """Return whether an edit is of a text that nobody edits, whatever it takes back."""
    generated = entry.topic == "environment.edited"
    local = entry.state.get("environment", SOURCE_OF_TRUTH) == SOURCE_OF_TRUTH
    return entry.topic != "manifest.edited" and generated != local


def _lineage(entry: Entry, state: State) -> Lineage:
    """Return the texts of the file that an event changes."""
    if entry.topic == "manifest.edited":
        return state.file(MANIFEST)
    name = entry.state["environment"]
    return state.file(name) if entry.topic == "profile.edited" else state.environment(name)


def _check_not_purged(state: State, *texts: StateAt | None) -> None:
    for at in texts:
        if at and at.digest in state.purged:
            purge = state.purged[at.digest]
            raise Broken(Reason.TARGET, f"the text of #{at.position} was purged by #{purge}")


def _keys(bodies: Bodies, at: StateAt) -> Mapping[str, str]:
    try:
        return bodies.text(at).keys
    except (ConfigError, ValueError, RecursionError):
        raise Broken(Reason.VALUES, f"the text of #{at.position} is not TOML") from None


CHECKS: Final[Mapping[str, Check]] = {**dict.fromkeys(_EDITS, _edited), _ROLLED_BACK: _rolled_back}
