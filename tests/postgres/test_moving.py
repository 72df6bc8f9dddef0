"""A log that moves between a database and a repository."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.sharing.people import bare_repository, command

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres.people import DatabaseTeam


@pytest.fixture
def new(tmp_path: Path) -> str:
    """The address of an empty repository."""
    return str(bare_repository(tmp_path / "hub.git"))


def test_to_a_repository_and_back(team: DatabaseTeam, new: str, tmp_path: Path) -> None:
    alice, bob = team
    away, late = (bob.copy(tmp_path / name) for name in ("away", "late"))
    alice.ok("share", new)
    alice.ok("set", "local", "app.alices=1")
    for each in (bob, late):
        done = each.run("set", "local", "app.bobs=1")
        assert done.code == 3
        assert f"`tetra-es share {new}`" in done.hint()
    bob.ok("share", new)
    bob.ok("set", "local", "app.bobs=1")
    alice.ok("share", team.database)
    alice.ok("set", "local", "app.alices=2")
    assert bob.run("pull").code == 3
    shutil.rmtree(new)
    for each in (bob, away, late):
        each.ok("share", team.database)
        each.ok("set", "local", f"app.{each.home.name}=3")
    team.check_equal(whole=True)
    lines = team.newcomer(tmp_path / "carol").ok("show", "local").out.splitlines()
    assert {"alices = 2", "bob = 3", "away = 3", "late = 3"} <= set(lines)


def test_a_command_that_comes_just_after_the_move(team: DatabaseTeam, new: str) -> None:
    alice, bob = team
    last = len(team.shared())
    team.on_push(command(alice, "share", new))
    done = bob.run("set", "local", "app.bobs=1")
    assert done.code == 3, done.out
    assert f"the log goes on at {new}: alice moved it" in done.error()
    assert len(team.shared()) == last + 1
    bob.ok("share", new)
    bob.ok("set", "local", "app.bobs=1")
    alice.ok("pull")
    assert "bobs = 1" in alice.ok("show", "local").out


def test_two_move_it_at_once(team: DatabaseTeam, new: str, tmp_path: Path) -> None:
    alice, bob = team
    other = str(bare_repository(tmp_path / "other.git"))
    team.on_push(command(alice, "share", new))
    assert f"the log goes on at {new}" in bob.run("share", other).error()
    bob.ok("share", new)
    bob.ok("set", "local", "app.bobs=1")
    alice.ok("pull")
