"""A shared log that moves: the last event there says where it goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.machine import Machine
from tests.mirrors import git
from tests.sharing.people import ADDRESS, bare_repository, knows, person

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sharing.people import Team


@pytest.fixture
def new(team: Team) -> str:
    """The address of an empty repository."""
    return str(bare_repository(team.hub.with_name("new.git")))


def noted(machine: Machine) -> str:
    """Return where somebody's events are sent."""
    (path,) = (machine.home / ".local/state").rglob("shared.json")
    return str(json.loads(path.read_text())["address"])


def test_it_moves_and_colleagues_accept_the_address(team: Team, new: str) -> None:
    alice, bob = team
    bob.ok("set", "local", "app.bobs=1")
    done = alice.ok("share", new)
    assert f"moved acme from {ADDRESS} to {new}" in done.out
    moved = len(team.shared())
    last = alice.ok("event", str(moved), "-o", "json").json["state"]
    assert (last["address"], last["before"]) == (new, ADDRESS)
    assert last["metadata"]["rules"] == 3
    assert git(team.hub.with_name("new.git"), "rev-list", "main").split()[::-1] == team.shared()
    alice.ok("set", "local", "app.alices=1")
    for words in (("set", "local", "app.bobs=2"), ("pull",)):
        done = bob.run(*words)
        assert done.code == 3
        assert f"the log goes on at {new}: alice moved it with #{moved}" in done.error()
        assert f"`tetra-es share {new}`" in done.hint()
    assert noted(bob) == ADDRESS
    assert "bobs = 1" in bob.ok("show", "local").out
    bob.ok("share", new)
    assert noted(bob) == new
    bob.ok("set", "local", "app.bobs=2")
    alice.ok("pull")
    assert {"alices = 1", "bobs = 2"} <= set(alice.ok("show", "local").out.splitlines())
    assert len(team.shared()) == moved
    for each in team:
        each.ok("verify")


def test_it_is_not_moved_where_that_cannot_be(team: Team, new: str, tmp_path: Path) -> None:
    alice, bob = team
    other = Machine(tmp_path / "other")
    other.home.mkdir()
    other.ok("init", "acme", "--domain", "acme.example")
    other.ok("share", str(bare_repository(tmp_path / "other.git")))
    done = alice.fails(3, "share", str(tmp_path / "other.git"))
    assert "has the history of another organization" in done.error()
    alice.fails(1, "share", str(tmp_path / "nowhere.git"))
    alice.ok("signer", "rm", "bob")
    key = bob.home / ".config/tetra-es/id_ed25519.pub"
    alice.ok("signer", "add", "bob", str(key), "--may", "edit:local")
    bob.ok("pull")
    assert "bob may not move the log" in bob.fails(3, "share", new).error()
    for each in team:
        assert noted(each) == ADDRESS
        each.ok("set", "local", f"app.{each.home.name}=1")
    assert not git(tmp_path / "new.git", "for-each-ref")


def test_a_command_that_was_killed_after_the_event_goes_on(team: Team, new: str) -> None:
    alice, _ = team
    aside = alice.copy(team.hub.parent / "aside")
    alice.ok("share", new)
    moved = len(team.shared())
    git(team.hub.with_name("new.git"), "update-ref", "refs/heads/main", "main~1")
    aside.run("pull")
    assert aside.last_position() == moved
    aside.ok("share", new)
    assert len(git(team.hub.with_name("new.git"), "rev-list", "main").split()) == moved


def test_what_is_put_on_the_old_log_after_that_reaches_nobody(team: Team, new: str) -> None:
    alice, bob = team
    early = alice.copy(team.hub.parent / "early")
    alice.ok("share", new)
    moved = len(team.shared())
    late = alice.copy(team.hub.parent / "late")
    (path,) = (late.home / ".local/state").rglob("shared.json")
    note = json.loads(path.read_text())
    path.write_text(json.dumps(note | {"address": ADDRESS, "mark": ""}))
    late.ok("set", "local", "app.late=1")
    assert len(team.shared()) == moved + 1
    for each in (bob, early):
        assert each.run("pull").code == 3
        assert each.last_position() == moved


def test_the_old_repository_is_gone(team: Team, new: str) -> None:
    alice, bob = team
    alice.ok("share", new)
    alice.ok("set", "local", "app.alices=1")
    team.hub.rename(team.hub.with_name("gone.git"))
    bob.ok("share", new)
    assert "alices = 1" in bob.ok("show", "local").out
    bob.ok("set", "local", "app.bobs=1")
    alice.ok("pull")


def test_a_clone_of_the_old_one_goes_to_the_new_one(team: Team, new: str, tmp_path: Path) -> None:
    alice, _ = team
    alice.ok("share", new)
    carol, dave = (person(tmp_path / name, name) for name in ("carol", "dave"))
    knows(carol, team.hub)
    carol.ok("clone", ADDRESS)
    assert f"the log goes on at {new}" in carol.fails(3, "pull").error()
    carol.ok("share", new)
    assert noted(carol) == new
    dave.ok("clone", new)
    for each in (carol, dave):
        assert "up to date" in each.ok("pull").out
