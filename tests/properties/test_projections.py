"""Rebuilding gives what catching up after every command gave, byte for byte."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import LONG_TAIL
from tests.properties.commands import COMMANDS, FEWER, Command, do
from tests.properties.world import World, new_world

if TYPE_CHECKING:
    from typing import Any

    from tetra_es_projections.check import Differences


def incremental(world: World, commands: list[Command], catch_ups: list[bool]) -> dict[str, Any]:
    """Do the commands, catching up after some of them, and return all that is derived."""
    for command, catch_up in zip(commands, catch_ups, strict=False):
        do(world, command)
        if catch_up:
            world.catch_up()
    world.catch_up()
    return world.derived()


def differences(world: World) -> Differences:
    with world.projections() as projections:
        return projections.differences()


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nobody: nothing else is at work."""
    monkeypatch.setattr("tetra_es_projections.moment._PATIENCE", 0)


CATCH_UPS = st.lists(st.sampled_from((True, True, False)), min_size=40, max_size=40)


@FEWER
@given(COMMANDS, CATCH_UPS)
def test_a_rebuild_equals_the_incremental_projection(
    commands: list[Command], catch_ups: list[bool]
) -> None:
    with new_world() as world:
        before = incremental(world, commands, catch_ups)
        assert differences(world) == ([], None)
        with world.projections() as projections:
            assert projections.rebuild() == []
        assert world.derived() == before

        shutil.rmtree(world.layout.mirror)
        shutil.rmtree(world.layout.root / "environments")
        world.layout.views.unlink()
        assert differences(world) == ([], 0)  # the views are new, and say so
        with world.projections() as projections:
            projections.rebuild()
        assert world.derived() == before
        assert differences(world) == ([], None)


@LONG_TAIL
@FEWER
@given(COMMANDS, CATCH_UPS)
def test_what_is_behind_is_what_the_events_up_to_there_make(
    commands: list[Command], catch_ups: list[bool]
) -> None:
    with new_world() as world:
        for command, catch_up in zip(commands, catch_ups, strict=False):
            do(world, command)
            if catch_up:
                world.catch_up()
            assert differences(world).findings == []


@FEWER
@given(COMMANDS)
def test_the_files_are_the_newest_texts(commands: list[Command]) -> None:
    with new_world() as world:
        derived = incremental(world, commands, [False] * len(commands))
        expected = {"manifest.toml": world.history.organization().text}
        for _, event in world.events():
            if event.TOPIC.startswith("environment."):
                expected[f"environments/{event.environment}.toml"] = event.text  # type: ignore[attr-defined]
            elif event.TOPIC == "profile.edited":
                expected[f"profiles/{event.environment}.toml"] = event.text  # type: ignore[attr-defined]
        files = {path: data for path, data in derived.items() if path.endswith(".toml")}
        assert files == {path: text.encode() for path, text in expected.items()}
        assert [row[0] for row in derived["commits"]] == [at for at, _ in world.events()]
