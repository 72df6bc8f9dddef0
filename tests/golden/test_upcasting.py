"""An event class that gained fields twice reads what was written before, in place."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar
from unittest import mock

import pytest

from tests.properties.world import LOCAL, World, new_world
from tetra_es.errors import TetraEsError
from tetra_es.events.base import event_from_state, state_of
from tetra_es.events.catalogue import EVENT_TYPES
from tetra_es.events.config import EnvironmentEdited, EnvironmentState
from tetra_es.integrity.store import verify_store
from tetra_es.log import canonical
from tetra_es.model import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@contextmanager
def a_later_version() -> Iterator[None]:
    """Go on as if tetra-es had been upgraded."""

    def edited(**fields: Any) -> EditedLater:
        return EditedLater(ticket="T-7", labels=["urgent"], **fields)

    with (
        mock.patch.dict(EVENT_TYPES, {TOPIC: EditedLater}),
        mock.patch.object(environment, "EnvironmentEdited", edited),
    ):
        yield


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
    event = event_from_state(EnvironmentEdited, "env:local", 2, written(1))
    assert state_of(event) == written(1)


@pytest.mark.parametrize("version", [4, 99])
def test_a_version_from_the_future_is_refused(version: int) -> None:
    """Its fields may well be ours and mean something else."""
    state = written(3) | {"class_version": version}
    with pytest.raises((TetraEsError, ValueError, TypeError)):
        event_from_state(EditedLater, "env:local", 2, state)


def stored(world: World) -> list[bytes]:
    return [record.state for record in world.log.records()]


def test_old_and_new_events_in_one_store() -> None:
    """Stored bytes, and with them hashes and signatures, stay as they were."""
    with new_world() as world:
        world.edit(LOCAL + "# old\n")
        before = stored(world)
        with a_later_version():
            present = world.history.environment("local")
            assert (present.revision, present.text) == (2, LOCAL + "# old\n")
            world.edit(LOCAL + "# new\n")
            assert stored(world)[:-1] == before
            assert canonical.decode(stored(world)[-1])["class_version"] == 3
            events = [event for _, event in world.events() if isinstance(event, EditedLater)]
            assert [event.labels for event in events] == [["none"], ["urgent"]]
            assert world.history.environment("local").revision == 3
            assert verify_store(world.log).findings == []
            world.catch_up()
            assert world.derived()["environments/local.toml"] == (LOCAL + "# new\n").encode()


def test_an_older_version_refuses_what_a_newer_one_wrote() -> None:
    with new_world() as world:
        with a_later_version():
            world.edit(LOCAL + "# new\n")
        with pytest.raises(TetraEsError):
            world.events()
        assert verify_store(world.log).findings[0].startswith("event #3")
