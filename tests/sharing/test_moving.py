"""A shared log that moves: the last event there says where it goes on."""

from __future__ import annotations

import json
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crash.killing import count_effects, once
from tests.examples import LONG_TAIL
from tests.machine import Machine
from tests.mirrors import git
from tests.sharing.people import ADDRESS, also_knows, bare_repository, command, knows, person
from tests.sharing.poison import commit, put, tip

if TYPE_CHECKING:
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


@LONG_TAIL
@pytest.mark.parametrize("way", [("share",), ("pull", "share"), ("pull", "unshare", "share")])
def test_it_comes_back_while_somebody_was_away(team: Team, new: str, way: tuple[str, ...]) -> None:
    """And the address between is gone: what is told of it must not keep anybody out."""
    alice, bob = team
    for address in (new, ADDRESS):
        alice.ok("share", address)
        alice.ok("set", "local", f"app.x={alice.last_position()}")
    shutil.rmtree(new)
    for word in way:
        done = bob.run(word, *([ADDRESS] if word == "share" else []))
        assert done.code == (3 if word == "pull" else 0), done.err
    bob.ok("set", "local", "app.bobs=1")
    team.check_equal()


def test_a_place_of_ones_own_after_it_moved(team: Team, new: str, tmp_path: Path) -> None:
    """Who does not share it any more may share it anywhere."""
    alice, _ = team
    alice.ok("share", new)
    alice.ok("unshare")
    alice.ok("share", str(bare_repository(tmp_path / "third.git")))
    alice.ok("set", "local", "app.x=1")


@LONG_TAIL
@pytest.mark.parametrize(
    "written",
    [
        "git.acme.example:acme.git",
        "https://git.acme.example/acme",
        "ssh://alice@git.acme.example:22/acme.git",
    ],
)
def test_an_address_that_is_written_in_another_way(team: Team, new: str, written: str) -> None:
    """One goes from ssh to https, say: that concerns nobody else, and moves nothing."""
    alice, bob = team
    before = team.shared()
    also_knows(alice, team.hub, written)
    done = alice.ok("share", written)
    assert "shared at" in done.out
    assert noted(alice) == written
    assert team.shared() == before
    bob.ok("set", "local", "app.bobs=1")
    alice.ok("set", "local", "app.alices=1")
    team.check_equal()
    bob.ok("share", new)
    bob.ok("share", ADDRESS)
    for word in ("pull", "share"):  # it is back: what is new there says so
        assert "refused" not in alice.run(word, *([written] if word == "share" else [])).err
    team.check_equal()


def test_what_somebody_wrote_as_an_address_is_no_command(team: Team, tmp_path: Path) -> None:
    """The hint is pasted into a shell."""
    alice, bob = team
    odd = str(bare_repository(tmp_path / "odd; touch here"))
    alice.ok("share", odd)
    assert f"`tetra-es share '{odd}'`" in bob.run("pull").hint()


def test_it_is_not_moved_onto_something_else(team: Team, new: str) -> None:
    """As a host makes it that puts a README into a new repository."""
    alice, _ = team
    nothing = git(team.hub, "mktree", data="").strip()
    assert nothing
    made = commit(team, {"README.md": "hello\n"}, of=nothing, parents=())
    git(team.hub, "push", new, f"{made}:refs/heads/main")
    refused = alice.fails(3, "share", new)
    assert refused.hint() == "move this one to an empty repository"
    assert noted(alice) == ADDRESS
    alice.ok("set", "local", "app.x=1")


@LONG_TAIL
def test_something_is_on_top_of_it_where_it_went(team: Team, new: str) -> None:
    """The one who follows may be alone there, and can put it right."""
    alice, bob = team
    alice.ok("share", new)
    alice.ok("set", "local", "app.alices=1")
    there = replace(team, hub=Path(new))
    good, _ = tip(there), put(there, commit(there, {"notes.txt": "mine\n"}))
    assert bob.run("pull").code == 3
    assert "`tetra-es share repair`" in bob.fails(4, "share", new).hint()
    assert noted(bob) == new
    assert "set 1 commit aside" in bob.ok("share", "repair").out
    assert tip(there) == good
    assert "alices = 1" in bob.ok("show", "local").out
    there.check_equal()


@LONG_TAIL
def test_an_empty_place_that_looks_like_the_one_there_is(team: Team, new: str) -> None:
    alice, _ = team
    written = "https://git.acme.example/acme"
    also_knows(alice, Path(new), written)
    assert "looks like where it is shared already" in alice.fails(3, "share", written).error()
    assert noted(alice) == ADDRESS
    assert not git(Path(new), "for-each-ref")


def test_a_command_that_comes_just_after_the_move(team: Team, new: str) -> None:
    """It had looked before; what it recorded there would reach nobody."""
    alice, bob = team
    team.on_push(command(alice, "share", new))
    done = bob.run("set", "local", "app.bobs=1")
    assert done.code == 3, done.out
    assert f"the log goes on at {new}: alice moved it" in done.error()
    bob.ok("share", new)
    bob.ok("set", "local", "app.bobs=1")
    alice.ok("pull")
    assert "bobs = 1" in alice.ok("show", "local").out


def test_two_move_it_at_once(team: Team, new: str, tmp_path: Path) -> None:
    alice, bob = team
    other = str(bare_repository(tmp_path / "other.git"))
    team.on_push(command(alice, "share", new))
    done = bob.run("share", other)
    assert done.code == 3, done.out
    assert f"the log goes on at {new}: alice moved it" in done.error()
    bob.ok("share", new)
    bob.ok("set", "local", "app.bobs=1")
    alice.ok("pull")


POINTS = 8
"""Where it is killed."""
NEW = "ssh://new.acme.example/acme.git"


def beside_a_new_one(team: Team, folder: Path) -> Team:
    """Return a copy of a team, whose machines know an empty repository as well."""
    copy = team.copy(folder)
    hub = bare_repository(folder / "new.git")
    for each in copy:
        also_knows(each, hub, NEW)
    return copy


@LONG_TAIL
@pytest.mark.parametrize("first", ["alice", "bob"])
def test_killed_anywhere_it_goes_on(team: Team, tmp_path: Path, first: str) -> None:
    """The one who was killed comes next, or a colleague: nothing is lost."""
    words = ["share", NEW]
    effects = count_effects(beside_a_new_one(team, tmp_path / "counted").alice, words)
    for point in [effects * (2 * number + 1) // (2 * POINTS) for number in range(POINTS)]:
        copy = beside_a_new_one(team, tmp_path / f"killed-{point}")
        assert once(copy.alice, words, signal.SIGKILL, point).code == -signal.SIGKILL
        for each in copy if first == "alice" else reversed([*copy]):
            each.run("set", "local", f"app.{each.home.name}=1")
            each.ok(*words)
            each.ok("set", "local", f"app.{each.home.name}=2")
        for each in copy:
            each.ok("pull")
            assert {"alice = 2", "bob = 2"} <= set(each.ok("show", "local").out.splitlines())
            assert [row["type"] for row in each.history()].count("log.moved") == 1
            each.ok("verify")
        shutil.rmtree(tmp_path / f"killed-{point}")
