"""Rolling back restores exactly; without a target it walks back and never swings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.commands import COMMANDS, FEW, Command, do_all
from tests.properties.world import World, new_world
from tetra_es.errors import Refused
from tetra_es.events.config import EnvironmentRolledBack, EnvironmentState
from tetra_es.refs import PositionRef
from tetra_es.usecases.config.roll_back import RollBack, Rollback


def states(world: World, name: str) -> list[tuple[int, EnvironmentState]]:
    return [
        (position, event)
        for position, event in world.events()
        if isinstance(event, EnvironmentState) and event.environment == name
    ]


def back(world: World, name: str, position: int | None = None) -> Rollback | None:
    ref = None if position is None else PositionRef(position)
    try:
        return world.act(RollBack(name, ref)).result
    except Refused:
        return None


def as_alice(world: World) -> None:
    if world.history.organization().signers.keys() == {"bob"}:
        world.actor = "bob"
    else:
        world.actor = "alice"


@FEW
@given(COMMANDS, st.sampled_from(("dev", "local")))
def test_rolling_back_to_any_event_restores_its_text(commands: list[Command], name: str) -> None:
    with new_world() as world:
        do_all(world, commands)
        as_alice(world)
        older = world.events()
        for position, state in states(world, name):
            present = world.history.environment(name)
            done = back(world, name, position)
            assert (done is None) == (present.text == state.text)
            restored = world.history.environment(name)
            assert restored.text == state.text
            assert restored.digest == state.digest
            assert restored.source_revision == getattr(state, "source_revision", None)
            if done:
                assert done.to_position == position
                assert restored.revision == present.revision + 1
        assert world.events()[: len(older)] == older


@FEW
@given(COMMANDS, st.sampled_from(("dev", "local")))
def test_without_a_target_it_walks_back_to_the_first(commands: list[Command], name: str) -> None:
    with new_world() as world:
        do_all(world, commands)
        as_alice(world)
        left = [world.history.environment(name).text]
        targets = []
        while done := back(world, name):
            text = world.history.environment(name).text
            assert text != left[-1]
            left.append(text)
            targets.append(done.to_revision)
            assert len(left) <= len(commands) + 2, "it goes round in circles"
        # Always further back: what was just left can't be met again.
        assert targets == sorted(targets, reverse=True)
        assert len(set(targets)) == len(targets)
        first = [state for _, state in states(world, name)][:1]
        assert [left[-1]] == [state.text for state in first] or not first
        assert back(world, name) is None


@FEW
@given(COMMANDS)
def test_a_rollback_names_an_older_event_of_its_own_environment(commands: list[Command]) -> None:
    with new_world() as world:
        do_all(world, commands)
        events = dict(world.events())
        for position, event in events.items():
            if isinstance(event, EnvironmentRolledBack):
                target = events[event.to_position]
                assert isinstance(target, EnvironmentState)
                assert event.to_position < position
                assert (target.environment, target.revision) == (
                    event.environment,
                    event.to_revision,
                )
                assert target.text == event.text
