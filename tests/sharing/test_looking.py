"""What `status`, `doctor`, `mirror` and the help say of where an organization is shared."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.sharing.people import ADDRESS, bare_repository, knows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine
    from tests.sharing.people import Team


def test_status_says_where_and_how_far(team: Team, tmp_path: Path) -> None:
    alice, bob = team
    shutil.copytree(bob.folder / "store", tmp_path / "store")
    alice.ok("set", "local", "ports.tetra=5001")
    found = bob.ok("status", "-o", "json").json["shared"]  # which asks nobody
    assert (found["address"], found["position"], found["behind"]) == (ADDRESS, 3, 0)
    bob.ok("set", "local", "ports.tetra=5002")
    assert bob.ok("status", "-o", "json").json["shared"]["position"] == 5
    asked = bob.ok("status", "-o", "json").json["shared"]["asked"]
    assert f"shared at {ADDRESS}, asked {asked[:19]}Z\n" in bob.ok("status").out
    shutil.rmtree(bob.folder / "store")
    shutil.copytree(tmp_path / "store", bob.folder / "store")
    team.hub.rename(team.hub.with_name("away"))
    assert "behind: #4 is there (`tetra-es pull`)\n" in bob.ok("status").out
    assert bob.ok("status", "-o", "json").json["shared"]["behind"] == 1


def test_status_of_what_is_not_shared(alice: Machine) -> None:
    assert "shared" not in alice.ok("status").out
    assert alice.ok("status", "-o", "json").json["shared"] is None
    alice.ok("share", ADDRESS)
    assert alice.ok("status", "--at", "1", "-o", "json").json["shared"] is None


@LONG_TAIL
def test_status_and_a_damaged_address(team: Team) -> None:
    (found,) = (team.alice.home / ".local" / "state").rglob("shared.json")
    found.write_text("{")
    assert f"shared: {found} cannot be read" in team.alice.ok("status").out
    assert "it is damaged" in team.alice.ok("status", "-o", "json").json["shared"]["problem"]


def shared_log(machine: Machine) -> tuple[str, str]:
    """Return what `doctor` says of the shared log."""
    rows = machine.run("doctor", "-o", "json").json
    (found,) = [row for row in rows if row["name"] == "shared log"]
    return found["result"], found["what"]


def test_doctor_asks_the_repository(team: Team) -> None:
    alice, bob = team
    assert shared_log(bob) == ("ok", f"{ADDRESS} answers, and has the same events")
    alice.ok("set", "local", "ports.tetra=5001")
    result, what = shared_log(bob)
    assert (result, what) == ("warning", f"{ADDRESS} answers, and has other events than are here")
    assert bob.last_position() == 3
    team.hub.rename(team.hub.with_name("away"))
    result, what = shared_log(bob)
    assert result == "failed"
    assert what.startswith(f"cannot reach {ADDRESS}: ")
    assert "does not appear to be a git repository" in what


@LONG_TAIL
def test_doctor_of_what_is_not_shared(alice: Machine) -> None:
    assert "shared log" not in alice.run("doctor").out


@pytest.mark.parametrize("command", ["push", "sync", "remote", "fetch"])
def test_what_git_needs_is_not_needed(alice: Machine, command: str) -> None:
    failed = alice.fails(2, command, "origin")
    assert failed.error().startswith(f"there is no `{command}`: commands that record send")
    assert "`tetra-es share --help`" in failed.hint()


@LONG_TAIL
def test_a_copy_is_elsewhere(team: Team, tmp_path: Path) -> None:
    alice, _ = team
    refused = alice.fails(3, "mirror", "add", "origin", ADDRESS)
    assert refused.error().startswith(f"{ADDRESS} is where this organization is shared")
    other = bare_repository(tmp_path / "copy.git")
    alice.ok("mirror", "add", "copy", str(other))
    alice.ok("mirror", "push", "copy")
    alice.ok("unshare")
    alice.ok("mirror", "add", "origin", ADDRESS)
    alice.ok("share", ADDRESS)
    refused = alice.fails(3, "mirror", "push", "--force")
    assert "`tetra-es mirror rm origin`" in refused.hint()


@LONG_TAIL
def test_another_way_to_write_it(alice: Machine, hub: Path) -> None:
    knows(alice, hub)
    alice.ok("share", ADDRESS)
    for written in (
        "git@git.acme.example:acme.git",
        "ssh://bob@git.acme.example/acme/",
        "git.acme.example:acme",
    ):
        alice.fails(3, "mirror", "add", "origin", written)


def test_status_says_that_the_log_went_on(team: Team, tmp_path: Path) -> None:
    alice, bob = team
    new = str(bare_repository(tmp_path / "new place.git"))
    alice.ok("share", new)
    bob.run("pull")
    assert f"the log goes on at {new} (`tetra-es share '{new}'`)\n" in bob.ok("status").out
    assert bob.ok("status", "-o", "json").json["shared"]["moved"] == new
    bob.ok("share", new)
    for each in team:
        assert "goes on" not in each.ok("status").out
        assert each.ok("status", "-o", "json").json["shared"]["moved"] is None
