"""`rollback ENV --path KEY`: some keys of an earlier state come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


@pytest.fixture(scope="module")
def grown_once(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """local@3 and dev@2, in which two keys are others than in local@1 and dev@1; to be copied."""
    machine = founded.copy(tmp_path_factory.mktemp("grown") / "home")
    machine.ok("set", "local", "ports.tetra=5555", "logging.level='debug'")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=6666", "logging.level='warn'")
    machine.ok("promote", "dev")
    return machine


@pytest.fixture
def grown(grown_once: Machine, tmp_path: Path) -> Machine:
    return grown_once.copy(tmp_path / "grown")


def test_the_others_stay_and_so_do_comments(grown: Machine) -> None:
    before = grown.toml("local").read_text()
    rows = grown.ok(
        "rollback", "local", "--path", "ports.tetra", "--to", "local@1", "-o", "json"
    ).json
    assert rows[0]["changes"] == [{"key": "ports.tetra", "before": "6666", "after": "4444"}]
    assert grown.toml("local").read_text() == before.replace("6666", "4444")
    state = grown.ok("event", "7", "-o", "json").json["state"]
    assert (state["paths"], state["to_revision"], state["to_position"]) == (["ports.tetra"], 1, 2)
    assert state["metadata"]["rules"] == 3
    grown.ok("rebuild", "--check")
    grown.ok("verify")


def test_without_a_ref_the_last_other_values(grown: Machine) -> None:
    done = grown.ok("rollback", "local", "--path", "ports", "--path", "logging.level")
    assert "rollback(local): local@3 -> local@4 (2 keys as in local@2, #3) (#7)" in done.out
    assert "ports.tetra = 6666 -> 5555" in done.out
    again = grown.ok("rollback", "local", "--path", "ports.tetra").out
    assert "(ports.tetra as in local@3, #5)" in again, "it goes to the newest other value"


def test_of_a_generated_environment(grown: Machine) -> None:
    """It keeps its source revision, and the next rollback takes this one for a change."""
    grown.ok("rollback", "dev", "--path", "ports.tetra")
    state = grown.ok("event", "7", "-o", "json").json["state"]
    assert (state["source_revision"], state["revision"]) == (3, 3)
    assert "tetra = 5555" in grown.toml("dev").read_text()
    assert "from dev@3 to the state of dev@2 (#6)" in grown.ok("rollback", "dev").out
    grown.ok("verify")


def test_a_dry_run_records_nothing(grown: Machine) -> None:
    words = ("rollback", "local", "--path", "ports.tetra", "--dry-run")
    assert "ports.tetra = 6666 -> 5555" in grown.ok(*words).out
    assert grown.last_position() == 6


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--path", "ports.tetr"), 3, "never had other values at ports.tetr"),
        (("--path", "ports.tetr", "--to", "2"), 3, "has the key ports.tetr"),
        (("--path", "system", "--to", "2"), 3, "already has system as in local@1 (#2)"),
        (("--path", "a b", "--to", "2"), 2, "not a key: 'a b'"),
        (("--path", "ports", "--to", "1"), 3, "#1 is not a state of local"),
        (("--path", "ports", "--secrets", "current"), 2, "--secrets is about secrets"),
        (("--path", "ports", "-i", "x"), 2, "--identity is about secrets"),
    ],
)
def test_what_is_refused(grown: Machine, words: tuple[str, ...], code: int, said: str) -> None:
    assert said in grown.fails(code, "rollback", "local", *words).error()
    assert grown.last_position() == 6


def test_what_has_no_place_beside_the_rest(machine: Machine) -> None:
    machine.ok("set", "local", "app.x.y=1")
    machine.ok("unset", "local", "app.x")
    machine.ok("set", "local", "app.x=2")
    words = ("rollback", "local", "--path", "app.x.y", "--to", "local@2")
    assert (
        "local cannot have app.x.y of local@2 beside the rest" in machine.fails(3, *words).error()
    )
    machine.ok("rollback", "local", "--path", "app.x", "--to", "local@2")
    machine.ok("verify")
