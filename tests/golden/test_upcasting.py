"""An event class that gained fields twice reads what was written before, in place."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from tetra_es.errors import TetraEsError
from tetra_es.events.base import event_from_state, state_of
from tetra_es.events.config import EnvironmentCreated, EnvironmentEdited, EnvironmentState

TOPIC = EnvironmentEdited.TOPIC


class EditedLater(EnvironmentState):
    """`environment.edited` as a later version might have it."""

    TOPIC: ClassVar[str] = TOPIC
    class_version: ClassVar[int] = 3

    ticket: str
    """Since version 2."""
    labels: list[str]
    """Since version 3."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["ticket"] = "none"

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        # Needs what the step before gave: the steps go one after the other.
        state["labels"] = [state["ticket"]]


def written(version: int) -> dict[str, Any]:
    """Return a state as that version of the class stored it."""
    state = {
        "timestamp": "2026-11-22T10:05:00.000000Z",
        "metadata": {"actor": "alice"},
        "environment": "local",
        "revision": 2,
        "text": "",
        "digest": "",
        "changes": [],
    }
    if version > 1:
        state |= {"class_version": version, "ticket": "T-1"}
    if version > 2:
        state |= {"labels": ["x", "y"]}
    return state


@pytest.mark.parametrize(
    ("version", "ticket", "labels"),
    [(1, "none", ["none"]), (2, "T-1", ["T-1"]), (3, "T-1", ["x", "y"])],
)
def test_each_old_version_is_brought_up_to_date(
    version: int, ticket: str, labels: list[str]
) -> None:
    event = event_from_state(EditedLater, "env:local", 2, written(version))
    assert isinstance(event, EditedLater)
    assert (event.ticket, event.labels) == (ticket, labels)
    again = state_of(event)
    assert again["class_version"] == 3
    assert event_from_state(EditedLater, "env:local", 2, dict(again)) == event


def test_a_first_version_is_not_written_down() -> None:
    """So that the states of before there were versions stay what they are."""
    event = event_from_state(EnvironmentCreated, "env:local", 2, written(1))
    assert state_of(event) == written(1)


@pytest.mark.parametrize("version", [4, 99])
def test_a_version_from_the_future_is_refused(version: int) -> None:
    """Its fields may well be ours and mean something else."""
    state = written(3) | {"class_version": version}
    with pytest.raises((TetraEsError, ValueError, TypeError)):
        event_from_state(EditedLater, "env:local", 2, state)
