"""Promotion is a function of the source of truth, the profile and the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.commands import COMMANDS, FEW, Command, do_all
from tests.properties.model import GENERATED
from tests.properties.world import World, new_world
from tetra_es.errors import TetraEsError
from tetra_es.usecases.config.promote import Promote, Promotion

if TYPE_CHECKING:
    from tetra_es.usecases.use_case import Done

_RANDOM = {"timestamp": "", "metadata": {}}


def attempt(world: World, name: str, via: str, *, dry_run: bool = False) -> Done[Promotion] | None:
    try:
        return world.act(Promote(name, via), dry_run=dry_run)
    except TetraEsError:
        return None


@FEW
@given(COMMANDS, st.sampled_from(GENERATED), st.sampled_from(("local", *GENERATED)))
def test_a_second_promotion_records_nothing(commands: list[Command], name: str, via: str) -> None:
    with new_world() as world:
        do_all(world, commands)
        first = attempt(world, name, via)
        after = world.log.last_position()
        second = attempt(world, name, via)
        if first is None:
            assert second is None
        else:
            assert second is not None
            assert not second.recorded
            assert second.result.source_revision == first.result.source_revision
        assert world.log.last_position() == after


@FEW
@given(COMMANDS)
def test_the_same_history_gives_the_same_texts(commands: list[Command]) -> None:
    with new_world() as one, new_world() as other:
        for world in (one, other):
            do_all(world, commands)
        for name in ("local", *GENERATED):
            assert one.history.environment(name).text == other.history.environment(name).text


@FEW
@given(COMMANDS, st.sampled_from(GENERATED))
def test_a_dry_run_says_what_a_promotion_records(commands: list[Command], name: str) -> None:
    with new_world() as world:
        do_all(world, commands)
        before = world.log.last_position()
        announced = attempt(world, name, "local", dry_run=True)
        assert world.log.last_position() == before
        done = attempt(world, name, "local")
        if announced is None or done is None:
            assert announced is done is None
            return
        assert announced.result == done.result
        assert len(announced.recorded) == len(done.recorded)
        for planned, recorded in zip(announced.recorded, done.recorded, strict=True):
            assert vars(planned.event) | _RANDOM == vars(recorded.event) | _RANDOM
