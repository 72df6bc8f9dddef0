"""Rebuilding gives what catching up after every command gave, byte for byte."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.commands import COMMANDS, FEWER, Command, do
from tests.properties.world import World, new_world

if TYPE_CHECKING:
    from typing import Any


def incremental(world: World, commands: list[Command], catch_ups: list[bool]) -> dict[str, Any]:
    """Do the commands, catching up after some of them, and return all that is derived."""
    for command, catch_up in zip(commands, catch_ups, strict=False):
        do(world, command)
        if catch_up:
            world.catch_up()
    world.catch_up()
    return world.derived()


def findings(world: World) -> list[str]:
    with world.projections() as projections:
        return projections.differences()


CATCH_UPS = st.lists(st.sampled_from((True, True, False)), min_size=40, max_size=40)


@FEWER
@given(COMMANDS, CATCH_UPS)
def test_a_rebuild_equals_the_incremental_projection(
    commands: list[Command], catch_ups: list[bool]
) -> None:
    with new_world() as world:
        before = incremental(world, commands, catch_ups)
        assert findings(world) == []
        with world.projections() as projections:
            assert projections.rebuild() == []
        assert world.derived() == before

        shutil.rmtree(world.layout.mirror)
        shutil.rmtree(world.layout.root / "environments")
        world.layout.views.unlink()
        assert findings(world) != []
        with world.projections() as projections:
            projections.rebuild()
        assert world.derived() == before
        assert findings(world) == []


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
