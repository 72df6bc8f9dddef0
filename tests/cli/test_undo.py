"""`undo EVENT`: what one event changed is as before it; the rest stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine

ROUTERS = '\n# who is asked\n[[routers]]\nname = "a"\n\n[[routers]]\nname = "b" # b\n'


def state_of(machine: Machine, position: int) -> dict[str, object]:
    state: dict[str, object] = machine.ok("event", str(position), "-o", "json").json["state"]
    return state


def test_its_keys_alone(machine: Machine) -> None:
    before = machine.toml("local").read_text()
    machine.ok("set", "local", "ports.tetra=5555", "app.x.y=1")
    machine.ok("set", "local", "resources.nofile=2048")
    commented = f"# mine\n{machine.toml('local').read_text()}"
    machine.toml("local").write_text(commented)
    machine.ok("record")
    done = machine.ok("undo", "3", "-m", "too early").out
    assert done.startswith("undo #3(local): ports.tetra (+1 more) -> local@5 (#6)\n")
    expected = f"# mine\n{before}".replace("nofile = 1024", "nofile = 2048")
    assert machine.toml("local").read_text().rstrip() == expected.rstrip()
    state = state_of(machine, 6)
    assert state["undoes"] == 3
    assert machine.history("-n", "1")[0]["reason"] == "too early"
    machine.ok("rebuild", "--check")
    machine.ok("verify")


def test_an_undo_is_undone_and_an_event_only_once(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("undo", "local@2")
    assert "nothing to do: what #3 changed is as before it" in machine.ok("undo", "3").out
    machine.ok("undo", "4")
    assert "tetra = 5555" in machine.toml("local").read_text()
    assert "undo #4(local): ports.tetra -> local@4" in machine.ok("history", "-n", "1").out


def test_of_the_manifest_and_of_an_overlay(machine: Machine) -> None:
    manifest = (machine.folder / "manifest.toml").read_text()
    machine.ok("set", "manifest", "domain=b.example")
    machine.ok("set", "profile", "dev", "ports.tetra=1")
    machine.ok("set", "profile", "dev", "ports.tetra=2")
    machine.ok("undo", "3")
    assert (machine.folder / "manifest.toml").read_text() == manifest
    machine.ok("undo", "5")
    assert "tetra = 1" in (machine.folder / "profiles/dev.toml").read_text()
    machine.ok("undo", "4", "--dry-run")
    assert "tetra = 1" not in machine.ok("undo", "4").out.replace("- set.ports.tetra = 1", "")
    assert machine.last_position() == 8
    machine.ok("verify")


def test_tables_in_an_array(machine: Machine) -> None:
    path = machine.toml("local")
    path.write_text(path.read_text() + ROUTERS)
    machine.ok("record")
    before = path.read_text()
    path.write_text(before.replace('[[routers]]\nname = "a"\n\n', "").replace('"b"', '"c"'))
    machine.ok("record")
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("undo", "4")
    assert path.read_text() == before.replace("4444", "5555")


def test_a_key_that_was_changed_again(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=5555", "resources.nofile=1")
    machine.ok("set", "local", "ports.tetra=6666", "-m", "the firewall")
    done = machine.fails(3, "undo", "3")
    assert done.error() == (
        "environments/local.toml: ports.tetra was 5555 after #3, and is 6666 since local@3 "
        "(#4 by alice: the firewall)"
    )
    machine.ok("undo", "4")
    machine.ok("undo", "3")
    assert "tetra = 4444" in machine.toml("local").read_text()


def test_what_is_typed_is_recorded_before_it(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=5555")
    path = machine.toml("local")
    path.write_text(path.read_text().replace("1024", "2048"))
    assert len(machine.ok("undo", "3", "-o", "json").json) == 1
    assert "nofile = 2048" in path.read_text()
    assert machine.last_position() == 5


def test_a_rollback_of_local_is_undone(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("rollback", "local")
    machine.ok("undo", "4")
    assert "tetra = 5555" in machine.toml("local").read_text()


@pytest.mark.parametrize(
    ("ref", "code", "said"),
    [
        ("1", 3, "#1 is the first content of manifest.toml"),
        ("local@1", 3, "#2 is the first content of environments/local.toml"),
        ("dev@1", 3, "cannot undo #4 (environment.promoted): only edits are undone"),
        ("3", 3, "changed comments or layout alone"),
        ("99", 1, "there is no event #99"),
        ("x y", 2, "not a REF"),
    ],
)
def test_what_is_not_undone(machine: Machine, ref: str, code: int, said: str) -> None:
    path = machine.toml("local")
    path.write_text(f"# mine\n{path.read_text()}")
    machine.ok("record")
    machine.ok("promote", "dev")
    assert said in machine.fails(code, "undo", ref).error()
