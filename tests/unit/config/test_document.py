"""A document: what it knows of its text, and that no text is parsed twice in a process."""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from tests.documents import document
from tests.properties.world import MANIFEST_TEXT, World, new_world
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.errors import ConfigError
from tetra_es.events.config import EnvironmentState
from tetra_es.gate.rules.one import promotion
from tetra_es.layout import SOURCE as SOURCE_PATH
from tetra_es.profiles import load, rules
from tetra_es.schema.manifest import read_manifest
from tetra_es.toml.diff import Change, changes_between
from tetra_es.toml.document import contents_of
from tetra_es.toml.edit.editor import Editor
from tetra_es.toml.statements import statements
from tetra_es.usecases.config.promote import Promote
from tetra_es.usecases.config.roll_back import RollBack
from tetra_es.usecases.config.set_keys import SetKeys
from tetra_es.usecases.config.source_file import SOURCE, profile_of
from tetra_es.usecases.unit_of_work import Intent
from tetra_es.usecases.workspace import open_workspace
from tetra_es_cli.output.console import Console
from tetra_es_projections.opening import Derived
from tetra_es_projections.queries.differences import difference
from tetra_es_projections.queries.reader import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tetra_es.usecases.use_case import UseCase

TEXT = "a = 1 # one\n[t]\nx = [1, 2]\n\n[[l]]\nn = {k = 'v'}\n"


def parsed_by(action: Callable[[], object]) -> Counter[str]:
    """Return how often an action parses each file's text, with nothing known from before.

    Texts of one statement, such as a value that was typed, do not count.
    """
    parsed: Counter[str] = Counter()
    real = tomllib.loads

    def loads(text: str, **more: Any) -> dict[str, Any]:
        values = real(text, **more)
        parsed[text] += 1
        return values

    profiles = (load.effective_profile, load._builtin_rules, promotion._carried)
    memos = (contents_of, read_manifest, rules.read_rules, *profiles)
    for memo in memos:
        memo.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tomllib, "loads", loads)
        action()
    return Counter({text: times for text, times in parsed.items() if is_file(text)})


def is_file(text: str) -> bool:
    return sum(bool(statement.path) for statement in statements(text)) > 1


def test_a_text_is_parsed_once_whoever_asks() -> None:
    def ask() -> None:
        for name in ("one", "two"):
            for _ in range(2):
                asked = document(TEXT, name)
                assert asked.values["a"] == 1
                assert asked.keys == {"a": "1", "t.x": "[1, 2]", "l[0].n.k": '"v"'}
                assert "".join(statement.text for statement in asked.statements) == TEXT
                assert asked.line_of(("l", "0", "n", "k")) == 6
                assert asked.wrong(("t", "x"), "is odd", "").message == f"{name}:3: t.x: is odd"

    assert parsed_by(ask) == {TEXT: 1}


def test_a_document_outlives_what_the_process_remembers() -> None:
    known = document(TEXT)

    def ask() -> None:
        assert known.values
        for number in range(100):
            assert document(f"a = {number}\nb = 1\n").values["a"] == number
        assert known.keys
        assert known.called("other").statements

    parsed = parsed_by(ask)
    assert parsed[TEXT] == 1
    assert len(parsed) == parsed.total() == 101


def test_an_editor_changes_a_document_of_its_own() -> None:
    before = document(TEXT)
    values, seen = repr(before.values), before.statements
    editor = Editor(before)
    editor.values["t"]["x"].append(3)  # a change of the values is one of the editor's
    editor.set(("t", "x"), [7])
    editor.set(("l2", "y"), 1)
    editor.set(("t", "new"), 1)
    editor.remove(("a",))
    after = editor.document()
    assert (repr(before.values), before.statements) == (values, seen)
    assert before.statements is seen
    assert changes_between(before, after) == (
        Change("t.x", "[1, 2]", "[7]"),
        Change("t.new", None, "1"),
        Change("l2.y", None, "1"),
        Change("a", "1", None),
    )


def test_a_document_under_another_name() -> None:
    one = document("a = =\n", "one")
    two = one.called("two")
    assert (one.path, two.path, two.text, two.digest) == ("one", "two", one.text, one.digest)
    for each in (one, two):
        with pytest.raises(ConfigError, match=rf"^{each.path}:1:5: "):
            _ = each.keys


def test_a_document_does_not_show_its_text() -> None:
    assert repr(document("password = 'hunter2'\n", "local.toml")) == (
        "ConfigDocument(path='local.toml')"
    )


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with new_world() as world:
        act(world, Promote("dev"))
        act(world, SetKeys(profile_of("dev"), [("logging.level", "warn")]))
        act(world, SetKeys(SOURCE, [("ports.tetra", "5000")]))
        yield world


def act(world: World, use_case: UseCase[Any]) -> None:
    """Do what a command does, with files, views and mirror."""
    root = world.layout.root.parent.parent
    with open_workspace(
        world.layout,
        OwnKey(root / world.actor / "id_ed25519"),
        Derived(os.environ["PATH"], lambda *_: None, world.admission),
        Console(quiet=True),
        Intent(clock=world.clock),
        world.admission,
    ) as workspace:
        workspace.act(use_case)


def state(world: World, environment: str, back: int = 0) -> str:
    """Return the text of an environment's present state, or one so many states before it."""
    texts = [
        event.text
        for _, event in world.events()
        if isinstance(event, EnvironmentState) and event.environment == environment
    ]
    return texts[-1 - back]


def overlay(world: World) -> str:
    return world.history.organization().profiles["dev"]


def builtin(name: str) -> str:
    return (files("tetra_es.profiles") / "builtin" / f"{name}.toml").read_text("utf-8")


def test_set_parses_the_text_before_and_the_text_after(shared: World) -> None:
    parsed = parsed_by(lambda: act(shared, SetKeys(SOURCE, [("ports.tetra", "5001")])))
    assert parsed == Counter([state(shared, "local", 1), state(shared, "local")])


def test_set_profile_parses_what_it_makes_too(shared: World) -> None:
    before = overlay(shared)
    key = ("logging.retention_days", "9")
    parsed = parsed_by(lambda: act(shared, SetKeys(profile_of("dev"), [key])))
    generated = next(text for text in parsed if text.startswith("# Generated"))
    texts = (before, overlay(shared), builtin("dev"), MANIFEST_TEXT, state(shared, "local"))
    assert parsed == Counter([*texts, generated])


def test_promote_and_diff_parse_what_they_read_and_make(shared: World) -> None:
    act(shared, SetKeys(SOURCE, [("ports.tetra", "5002")]))
    present = state(shared, "dev")
    read = (MANIFEST_TEXT, overlay(shared), builtin("dev"), state(shared, "local"), present)

    def look() -> None:
        with reading(shared.layout, shared.admission) as reader:
            assert reader is not None
            assert difference(reader, "dev").keys

    compared = parsed_by(look)
    promoted = parsed_by(lambda: act(shared, Promote("dev")))
    assert compared == Counter([*read, state(shared, "dev")])
    assert promoted == Counter([*read, state(shared, "dev")])


def test_promote_parses_a_file_that_was_changed_by_hand_once(shared: World) -> None:
    recorded, present = state(shared, "local"), state(shared, "dev")
    file = shared.layout.file(SOURCE_PATH)
    file.write_text(file.read_text() + "\n[by_hand]\nx = 1\ny = 2\n")
    parsed = parsed_by(lambda: act(shared, Promote("dev")))
    assert "[by_hand]" in state(shared, "dev")
    read = (MANIFEST_TEXT, overlay(shared), builtin("dev"), recorded, present)
    assert parsed == Counter([*read, state(shared, "local"), state(shared, "dev")])


def test_rollback_parses_the_manifest_and_two_states() -> None:
    with new_world() as world:
        act(world, Promote("dev"))
        act(world, SetKeys(SOURCE, [("ports.tetra", "5003")]))
        act(world, Promote("dev"))
        parsed = parsed_by(lambda: act(world, RollBack("dev")))
        assert state(world, "dev") == state(world, "dev", 2)
        assert parsed == Counter([MANIFEST_TEXT, state(world, "dev", 1), state(world, "dev")])
