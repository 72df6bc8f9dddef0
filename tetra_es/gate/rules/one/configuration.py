"""Rules for the manifest, overlays, and states that are not promotions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.gate.rules.one.texts import check_text, state_at
from tetra_es.gate.rules.policy import policy_of
from tetra_es.gate.state import Signer
from tetra_es.gate.verdicts import Broken, Reason
from tetra_es.layout import MANIFEST
from tetra_es.names import SOURCE_OF_TRUTH

if TYPE_CHECKING:
    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.lineage import StateAt
    from tetra_es.gate.state import State


def _founded(entry: Entry, state: State, bodies: Bodies) -> None:
    if state.organization:
        raise Broken(Reason.FOUNDED_AGAIN, "it founds the organization a second time")
    manifest = check_text(entry, None, bodies, revision=1)
    if policy_of(manifest.values).name != entry.state["name"]:
        raise Broken(Reason.MANIFEST, "the manifest has another name")


def _manifest(entry: Entry, state: State, bodies: Bodies) -> None:
    manifest = check_text(entry, state.manifest, bodies)
    if policy_of(manifest.values).name != state.name:
        raise Broken(Reason.MANIFEST, f"the organization keeps its name, {state.name}")


def _profile(entry: Entry, state: State, bodies: Bodies) -> None:
    environment = entry.state["environment"]
    if environment == SOURCE_OF_TRUTH:
        raise Broken(Reason.LOCAL, f"{environment} is the source of truth: it has no profile")
    check_text(entry, state.file(environment).newest, bodies)


def _source(entry: Entry, state: State, bodies: Bodies) -> None:
    environment = entry.state["environment"]
    if environment != SOURCE_OF_TRUTH:
        raise Broken(Reason.LOCAL, f"{environment} is generated and cannot be edited")
    before = state.environment(environment).newest
    if (entry.topic == "environment.created") != (before is None):
        raise Broken(
            Reason.REVISION,
            f"{environment} has a state already" if before else f"{environment} has no state yet",
        )
    check_text(entry, before, bodies)


def _imported(entry: Entry, state: State, bodies: Bodies) -> None:
    check_text(entry, state.environment(entry.state["environment"]).newest, bodies)


def _rolled_back(entry: Entry, state: State, bodies: Bodies) -> None:
    event = entry.state
    lineage = state.environment(event["environment"])
    target = lineage.find(event["to_revision"])
    if target is None or target.position != event["to_position"]:
        raise Broken(
            Reason.TARGET,
            f"#{event['to_position']} is not {event['environment']}@{event['to_revision']}",
        )
    if target.digest.hex() != event["text"] or target.source != event["source_revision"]:
        raise Broken(
            Reason.TARGET,
            f"its text or source revision is not that of {event['environment']}"
            f"@{event['to_revision']}",
        )
    check_text(entry, lineage.newest, bodies)


def text_before(entry: Entry, state: State) -> list[StateAt | None]:
    """Return the text that the one of an event follows; nothing for events without a text."""
    if entry.topic == "manifest.edited":
        return [state.manifest]
    if entry.topic == "profile.edited":
        return [state.file(entry.state["environment"]).newest]
    if entry.topic.startswith("environment."):
        return [state.environment(entry.state["environment"]).newest]
    return []


def _create(entry: Entry, state: State) -> None:
    event = entry.state
    state.set(
        name=event["name"],
        founder=event["key"],
        floor=entry.rules,
    )
    state.add_text(MANIFEST, state_at(entry, 1))
    state.put(state.signers, event["signer"], Signer(event["key"]))


def _edit_manifest(entry: Entry, state: State) -> None:
    state.add_text(MANIFEST, state_at(entry))


def _edit_profile(entry: Entry, state: State) -> None:
    state.add_text(entry.state["environment"], state_at(entry))


def _add_state(entry: Entry, state: State) -> None:
    state.add_state(entry.state["environment"], state_at(entry))


CHECKS: Final = {
    "organization.created": _founded,
    "manifest.edited": _manifest,
    "profile.edited": _profile,
    "environment.created": _source,
    "environment.edited": _source,
    "environment.rolled_back": _rolled_back,
    "environment.imported": _imported,
}
CHANGES: Final = {
    "organization.created": _create,
    "manifest.edited": _edit_manifest,
    "profile.edited": _edit_profile,
    "environment.created": _add_state,
    "environment.edited": _add_state,
    "environment.promoted": _add_state,
    "environment.rolled_back": _add_state,
    "environment.imported": _add_state,
}
