"""The fold of the events is what a plain-dictionary model says, with snapshots and without."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any
from unittest import mock

from hypothesis import example, given

from tests.properties.commands import COMMANDS, FEW, Command, do, do_all, expect, start
from tests.properties.world import ENVIRONMENTS, World, new_world
from tetra_es.events.config import ORG_STREAM
from tetra_es.integrity.store import verify_store
from tetra_es.log.replica import events_in
from tetra_es.model.environment import Environment, environment_stream
from tetra_es.model.organization import Organization
from tetra_es.store import history

if TYPE_CHECKING:
    from tests.properties.model import Model
    from tetra_es.model.aggregate import Aggregate


def check_against(world: World, model: Model) -> None:
    for name in ENVIRONMENTS:
        environment = world.history.environment(name)
        states = model.states[name]
        assert environment.revision == len(states)
        if not states:
            assert environment.version == 0
            continue
        assert environment.source_revision == states[-1].source
        assert environment.promoted_from == model.promoted.get(name, set())
        if name == "local":
            assert environment.text == states[-1].content
        else:
            assert tomllib.loads(environment.text) == states[-1].content[1]
    organization = world.history.organization()
    assert set(organization.signers) == model.signers
    assert organization.signers.items() <= {
        (name, key.public_line) for name, key in world.keys.items()
    }
    assert organization.manifest.domain == model.domain
    assert organization.manifest.gradual == model.gradual
    assert organization.revision == model.manifest_revision
    assert organization.profile_revisions == model.overlay_revisions
    assert world.log.last_position() == model.events


# The policy goes by what the environment before has now, not by what it ever had.
ROLLED_BACK_FROM = [
    Command("set_manifest", ("gradual", "required")),
    Command("promote", ("dev", "local")),
    Command("set", ("ports.tetra", 5555)),
    Command("promote", ("dev", "local")),
    Command("roll_back", ("dev", None)),
    Command("promote", ("staging", "local")),
    Command("promote", ("staging", "dev")),
]


@FEW
@given(COMMANDS)
@example(ROLLED_BACK_FROM)
def test_the_fold_equals_a_plain_model(commands: list[Command]) -> None:
    with new_world() as world:
        model = start()
        for command in commands:
            assert do(world, command) == expect(model, command), command
            check_against(world, model)
        assert verify_store(world.log).findings == []


def from_the_beginning(world: World, aggregate: Aggregate) -> dict[str, Any]:
    records = world.log.of_stream(aggregate.id)
    return vars(aggregate.fold(events_in(world.log, records)))


@FEW
@given(COMMANDS)
def test_kept_aggregates_change_nothing(commands: list[Command]) -> None:
    with mock.patch.object(history, "FOLDED", 1), new_world() as first:
        do_all(first, commands)
        world = World.beside(first)
        names = (*ENVIRONMENTS, "nowhere")
        assert vars(world.history.organization()) == from_the_beginning(
            world, Organization(ORG_STREAM)
        )
        for name in names:
            assert vars(world.history.environment(name)) == from_the_beginning(
                world, Environment(environment_stream(name))
            )
        assert verify_store(world.log).findings == []
        world.close()
