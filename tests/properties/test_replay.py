"""A replay without an event is what an organization comes to in which nobody recorded it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.properties.commands import (
    KEYS,
    OVERLAY_KEYS,
    Command,
    do,
)
from tests.properties.model import GENERATED
from tests.properties.world import ENVIRONMENTS, World, new_world
from tetra_es.errors import TetraEsError
from tetra_es.events.config import EnvironmentRolledBack, EnvironmentState
from tetra_es.refs import PositionRef
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.merge import leaves_of
from tetra_es.usecases.config.roll_back import RollBack
from tetra_es_projections.queries.reader import reading
from tetra_es_projections.queries.replay import replay

if TYPE_CHECKING:
    from tetra_es.toml.merge import Leaves

_PAIRS = [(key, value) for key, values in KEYS.items() for value in values]
_OVERLAYS = [(key, value) for key, values in OVERLAY_KEYS.items() for value in values]
_DOMAINS = [("domain", "acme.test"), ("domain", "acme.example")]
COMMANDS = st.lists(
    st.one_of(
        st.builds(lambda pair: Command("set", pair), st.sampled_from(_PAIRS)),
        st.builds(
            lambda name, pair: Command("set_overlay", (name, *pair)),
            st.sampled_from(GENERATED),
            st.sampled_from(_OVERLAYS),
        ),
        st.builds(lambda pair: Command("set_manifest", pair), st.sampled_from(_DOMAINS)),
        st.builds(
            lambda name, via: Command("promote", (name, via)),
            st.sampled_from(("dev", "dev", "staging")),
            st.sampled_from(("local", "local", "dev")),
        ),
        st.builds(
            lambda name, revision: Command("roll_back", (name, revision)),
            st.sampled_from(("local", "dev", "dev", "staging")),
            st.integers(1, 4),
        ),
    ),
    min_size=6,
    max_size=16,
)
"""What each does depends on what was recorded, never on the text of a whole file."""


class Recorded(NamedTuple):
    """A command, the event that it recorded, and what it would have made elsewhere."""

    command: Command
    position: int


def values(world: World, name: str) -> Leaves:
    return leaves_of(ConfigDocument(name, world.history.environment(name).text))


def done_again(first: World, second: World, done: list[Recorded], left_out: int) -> bool:
    """Do what was recorded but for one event; return whether that says what would have been."""
    events = dict(first.events())
    stands: dict[tuple[str, int], int] = {("local", 1): 2}
    """Environment and revision to the position that has that state in the second."""
    for command, position in done:
        event = events[position]
        if position == left_out:
            pass
        elif isinstance(event, EnvironmentRolledBack):
            if (target := stands.get((event.environment, event.to_revision))) is None:
                return False
            with suppress(TetraEsError):  # it is there already
                second.act(RollBack(event.environment, PositionRef(target)))
        else:
            do(second, command)
        if isinstance(event, EnvironmentState):
            states = [
                at
                for at, each in second.events()
                if isinstance(each, EnvironmentState) and each.environment == event.environment
            ]
            if states:
                stands[event.environment, event.revision] = states[-1]
    return True


@examples(1)
@given(COMMANDS, st.integers(0, 20))
def test_without_an_event(commands: list[Command], chosen: int) -> None:
    with new_world() as first, new_world() as second:
        done = [
            Recorded(command, first.log.last_position())
            for command in commands
            if do(first, command)
        ]
        assume(done)
        left_out = done[chosen % len(done)].position
        assume(done_again(first, second, done, left_out))
        first.catch_up()
        with reading(first.layout, first.admission) as reader:
            assert reader is not None
            for name in ENVIRONMENTS:
                if not first.history.environment(name).revision:
                    continue
                found = replay(reader, name, PositionRef(left_out))
                assert leaves_of(found.would_be) == values(second, name), (name, found.doubts)
