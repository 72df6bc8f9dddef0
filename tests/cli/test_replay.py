"""`replay`: what an environment would be without an event; what is in doubt is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


@pytest.fixture(scope="module")
def told(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Two edits of one key, promotions, an overlay and a rollback: events 3 to 9."""
    machine = founded.copy(tmp_path_factory.mktemp("told") / "home")
    machine.ok("set", "local", "ports.tetra=4555", "app.workers=4")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=4666")
    machine.ok("set", "profile", "dev", "logging.level=warn")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev", "--to", "dev@1")
    machine.ok("recipient", "add", "dev", "it", IT)
    return machine


SAME = "tetra-es: dev@3 would be the same without #6\n"
IT = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"


def replayed(machine: Machine, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = machine.ok("replay", *arguments, "-o", "json").json
    return found


def changed(found: dict[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    return {one["key"]: (one["before"], one["after"]) for one in found["changes"]}


def test_an_edit_that_was_not_made(told: Machine) -> None:
    found = replayed(told, "dev", "--without", "3", "--at", "7")
    assert (found["state"], found["without"]) == ("dev@2", 3)
    assert changed(found) == {"app.workers": ("4", None)}
    what = "it was typed where 4555 was; 4444 would be there; 4666 is kept"
    assert found["doubts"] == [{"event": 5, "key": "ports.tetra", "what": what}]
    found = replayed(told, "dev", "--without", "3")
    assert changed(found) == {"app.workers": ("4", None), "ports.tetra": ("4555", "4444")}
    said = told.ok("replay", "dev", "--without", "3")
    assert "-tetra = 4555\n+tetra = 4444\n" in said.out
    assert said.err == f"tetra-es: warning: #5: ports.tetra: {what}\n"


def test_an_edit_in_an_array_whose_text_was_purged(founded: Machine, tmp_path: Path) -> None:
    """A number in an array may stand for another element there: what clashes is named."""
    machine = founded.copy(tmp_path / "home")
    source = machine.folder / "environments/local.toml"
    text = source.read_text()
    for weight, entry in ((1, ""), (2, ""), (2, "canary-7"), (3, "canary-7")):
        routes = f'[[routes]]\npath = "/"\nweight = {weight}\n'
        source.write_text(f'{text}\n[app]\nentry = "{entry}"\n\n{routes}')
        machine.ok("record")
    machine.ok("unset", "local", "app.entry")
    machine.ok("purge", "local", "app.entry", "--at", "local@5", "-m", "a secret", "--yes")
    doubts = replayed(machine, "local", "--without", "4")["doubts"]
    what = "it was typed where 2 was; 1 would be there; 3 is kept"
    assert {"event": 6, "key": "routes[0].weight", "what": what} in doubts
    assert {"event": 6, "key": None, "what": "its changes do not fit: they are left out"} in doubts


def test_a_rule_that_was_not_written(told: Machine) -> None:
    found = replayed(told, "dev", "--without", "profile@1", "--at", "dev@2")
    assert changed(found) == {"logging.level": ('"warn"', '"debug"')}
    assert told.ok("replay", "dev", "--without", "6").err == SAME


def test_what_a_rollback_named(told: Machine) -> None:
    found = replayed(told, "dev", "--without", "dev@1")
    assert found["toml"] is None
    assert found["doubts"][-1]["event"] == 8
    assert "the state of #4, which is left out" in found["doubts"][-1]["what"]
    assert (
        "tetra-es: dev would have no state\n" in told.ok("replay", "dev", "--without", "dev@1").err
    )
    assert changed(replayed(told, "dev", "--without", "dev@3")) == {
        "ports.tetra": ("4555", "4666"),
        "logging.level": ('"debug"', '"warn"'),
    }


def test_the_last_state_is_the_one_before(told: Machine) -> None:
    found = replayed(told, "dev", "--without", "7", "--at", "7")
    assert found["toml"] == told.ok("show", "dev", "--at", "dev@1").out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("dev", "--without", "2"), "#2 is the first state of local: all others follow from it"),
        (("dev", "--without", "9"), "#9 is recipient.added: it gave no TOML another text"),
        (("dev", "--without", "99"), "there is no event #99"),
        (("prod", "--without", "3"), "prod has no state yet"),
        (("nosuch", "--without", "3"), "unknown environment: nosuch"),
    ],
)
def test_what_cannot_be_left_out(told: Machine, arguments: tuple[str, ...], error: str) -> None:
    done = told.run("replay", *arguments)
    assert done.code in (1, 2)
    assert done.error() == error


def test_a_purged_text_is_said(told: Machine, tmp_path: Path) -> None:
    machine = told.copy(tmp_path / "home")
    machine.ok("set", "local", "app.entry=hunter-two", "app.kept=1", "-m", "an oversight")
    machine.ok("unset", "local", "app.entry", "-m", "sorry")
    machine.ok("purge", "-m", "it leaked", "--yes", stdin="hunter-two")
    found = replayed(machine, "local", "--without", "5")
    assert changed(found) == {"ports.tetra": ("4666", "4555")}
    first, second = found["doubts"]
    assert (first["event"], second["event"]) == (10, 11)
    assert "it is not known what it would have changed: local@4 (#10) was purged" in first["what"]
    assert second["what"] == "what the purged events before it changed is done with it"
    assert "hunter" not in str(found)


def test_an_edit_of_which_the_text_alone_was_purged(told: Machine, tmp_path: Path) -> None:
    """#11 was typed beside the secret: what it changed itself is known."""
    machine = told.copy(tmp_path / "home")
    machine.ok("set", "local", "app.entry=hunter-two", "-m", "an oversight")
    machine.ok("set", "local", "app.kept=2", "logging.format=json", "-m", "beside it")
    machine.ok("unset", "local", "logging.format", "-m", "not so")
    machine.ok("set", "local", "app.entry=other", "-m", "sorry")
    machine.ok("set", "local", "app.last=3", "-m", "after it")
    machine.ok("purge", "-m", "it leaked", "--yes", stdin="hunter-two")
    found = replayed(machine, "local", "--without", "5")
    assert changed(found) == {"ports.tetra": ("4666", "4555")}
    assert [doubt["event"] for doubt in found["doubts"]] == [10, 13]
    then = replayed(machine, "local", "--without", "14")
    assert changed(then) == {"app.last": ("3", None)}
    assert then["doubts"] == []
    (then,) = [replayed(machine, "local", "--without", "5", "--at", "14")]
    assert changed(then) == {"ports.tetra": ("4666", "4555")}
    done = machine.run("replay", "local", "--without", "12")
    assert done.code == 3, done.out
    assert "was purged" in done.error()


def test_an_edit_on_a_purged_text_is_left_out(told: Machine, tmp_path: Path) -> None:
    """The secret was in a comment: what the edit found is known by what it changed."""
    machine = told.copy(tmp_path / "home")
    file = machine.folder / "environments/local.toml"
    text = file.read_text()
    file.write_text(f"{text}# hunter-two\n")
    machine.ok("record", "-m", "an oversight")
    file.write_text(text.replace("4666", "4777"))
    machine.ok("record", "-m", "sorry")
    machine.ok("purge", "-m", "it leaked", "--yes", stdin="hunter-two")
    found = replayed(machine, "local", "--without", "11")
    assert changed(found) == {"ports.tetra": ("4777", "4666")}
    assert found["doubts"] == []


def test_a_long_value_is_cut_short(machine: Machine) -> None:
    machine.ok("set", "local", "app.note=first")
    machine.ok("set", "local", f"app.note={'so ' * 99}")
    (doubt,) = replayed(machine, "local", "--without", "3")["doubts"]
    assert doubt["what"].startswith('it was typed where "first" was; nothing would be there; "')
    assert len(doubt["what"]) < 140
