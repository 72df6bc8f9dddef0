"""Random commands, done to the real organization and to the model alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from tests.examples import examples
from tests.properties.model import GENERATED, Model
from tests.properties.world import LOCAL, World
from tetra_es.errors import TetraEsError
from tetra_es.refs import PositionRef
from tetra_es.toml.literals import value_literal
from tetra_es.usecases.config.promote import Promote
from tetra_es.usecases.config.roll_back import RollBack
from tetra_es.usecases.config.source_file import SOURCE, SourceFile
from tetra_es.usecases.signers import AddSigner, RemoveSigner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.usecases.use_case import UseCase

FEW = examples(3)
"""Each example is an organization of its own on a real disk."""

FEWER = examples(2)
"""With a mirror, which takes its time."""

KEYS: dict[str, tuple[Any, ...]] = {
    "ports.tetra": (4444, 5555, 6666),
    "resources.nofile": (1024, 2048),
    "logging.level": ("debug", "warn"),
}
OVERLAY_KEYS: dict[str, tuple[Any, ...]] = {
    "logging.level": ("warn", "error", "info"),
    "resources.memory_max": (1024, 512),
    "database.host": ("db.internal", "10.0.0.9"),
}
MANIFEST_VALUES = {
    "domain": ("acme.example", "acme.test"),
    "gradual": ("off", "advised", "required"),
}


class Command(NamedTuple):
    """What to do, and with what."""

    name: str
    arguments: tuple[Any, ...]


def _assignments(values: dict[str, tuple[Any, ...]]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.sampled_from([(key, value) for key, choice in values.items() for value in choice])


_GENERATED = st.sampled_from(GENERATED)
_PROMOTE = st.builds(
    lambda name, via: Command("promote", (name, via)),
    st.sampled_from(("dev", "dev", "dev", "staging", "prod", "local")),
    st.sampled_from(("local", "local", "local", *GENERATED)),
)
_SET = st.builds(lambda pair: Command("set", pair), _assignments(KEYS))
_ROLL_BACK = st.builds(
    lambda name, revision: Command("roll_back", (name, revision)),
    st.sampled_from(("dev", "dev", "dev", "local", "staging", "prod")),
    st.none() | st.integers(0, 6),
)
_OVERLAY = st.builds(
    lambda name, pair: Command("set_overlay", (name, *pair)), _GENERATED, _assignments(OVERLAY_KEYS)
)
# Texts come back: of a few, the same one is drawn again and again.
_EDIT = st.builds(lambda number: Command("edit", (number,)), st.integers(0, 2))
_MANIFEST = st.builds(lambda pair: Command("set_manifest", pair), _assignments(MANIFEST_VALUES))
_SIGNERS = st.sampled_from(
    (
        *(Command("sign", (name, add)) for name in ("alice", "bob") for add in (True, False)),
        *(Command("act_as", (name,)) for name in ("alice", "bob")),
    )
)
_USUAL = st.one_of(_SET, _PROMOTE, _ROLL_BACK, _EDIT, _OVERLAY, _PROMOTE, _ROLL_BACK, _ROLL_BACK)
_PROMOTED = tuple(
    Command(*pair)
    for port in KEYS["ports.tetra"][1:]
    for pair in (("set", ("ports.tetra", port)), ("promote", ("dev", "local")))
)
COMMANDS = st.builds(
    lambda begin, middle, end: [*begin, *middle, *end],
    st.sampled_from(((), _PROMOTED)),
    st.lists(_USUAL, min_size=4, max_size=14),
    st.lists(st.one_of(_USUAL, _USUAL, _MANIFEST, _SIGNERS), max_size=8),
)


def start() -> Model:
    """Return the model of a new organization."""
    return Model(LOCAL)


def do(world: World, command: Command) -> bool | None:
    """Do it to the organization; say whether it recorded anything, None if it was refused."""
    before = world.log.last_position()
    try:
        _do(world, command)
    except TetraEsError:
        recorded = None
    else:
        recorded = world.log.last_position() > before
    assert recorded or world.log.last_position() == before
    return recorded


def do_all(world: World, commands: Sequence[Command]) -> None:
    for command in commands:
        do(world, command)


def expect(model: Model, command: Command) -> bool | None:
    """Do it to the model."""
    match command:
        case ("act_as", (actor,)):
            model.actor = actor
            return False
        case ("edit", (number,)):
            return model.edit(noted(number))
        case ("set", (key, value)):
            return model.edit(with_value(model.states["local"][-1].content, key, value))
        case ("promote", (name, via)):
            return model.promote(name, via)
        case ("roll_back", (name, revision)):
            return model.roll_back(name, revision)
        case ("set_overlay", (name, key, value)):
            return model.set_overlay(name, key, value)
        case ("set_manifest", (key, value)):
            return model.set_manifest(key, value)
        case ("sign", (name, add)):
            return model.sign(name, add=add)
    raise ValueError(command)


def _do(world: World, command: Command) -> None:
    match command:
        case ("act_as", (actor,)):
            world.actor = actor
        case ("edit", (number,)):
            world.edit(noted(number))
        case ("set", (key, value)):
            world.set(SOURCE, key, value_literal(value))
        case ("set_overlay", (name, key, value)):
            world.set(SourceFile("profile", name), key, value_literal(value))
        case ("set_manifest", (key, value)):
            world.set_manifest({"gradual": "promotion.gradual"}.get(key, key), value)
        case _:
            world.act(_use_case(world, command))


def _use_case(world: World, command: Command) -> UseCase[Any]:
    match command:
        case ("promote", (name, via)):
            return Promote(name, via)
        case ("roll_back", (name, revision)):
            return RollBack(name, _position(world, name, revision))
        case ("sign", (name, True)):
            return AddSigner(name, world.keys[name].public_line)
        case ("sign", (name, False)):
            return RemoveSigner(name)
    raise ValueError(command)


def _position(world: World, name: str, revision: int | None) -> PositionRef | None:
    """Return the REF of a revision; one that no event has where there is none."""
    if revision is None:
        return None
    for position, event in world.events():
        if (getattr(event, "environment", None), getattr(event, "revision", None)) == (
            name,
            revision,
        ) and event.TOPIC.startswith("environment."):
            return PositionRef(position)
    return PositionRef(10**6)


def noted(number: int) -> str:
    """Return one of a few texts for the source of truth."""
    return LOCAL + f"\n# note {number}\n" * number


def with_value(text: str, key: str, value: Any) -> str:
    """Return `text` with the line of a key replaced, as a person would do it with an editor."""
    table, last = key.split(".")
    pattern = rf"(?ms)(^\[{table}\]\n(?:(?!^\[).)*?^{last} = )[^\n#]*?([ ]*(?:#[^\n]*)?)$"
    replaced, times = re.subn(
        pattern, lambda found: found[1] + value_literal(value) + found[2], text
    )
    assert times == 1
    return replaced
