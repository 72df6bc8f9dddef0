"""A push that was not answered is never made twice, and never said not to be recorded."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.sharing.people import ADDRESS, command, with_git
from tetra_es.log import deciding
from tetra_es.store import history
from tetra_es_projections.mirror.shared import git_log
from tetra_es_projections.mirror.shared.transfer import push_main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sharing.people import Team

LOST = "echo 'fatal: the remote end hung up unexpectedly' >&2; exit 128"

SET = ("set", "local", "ports.tetra=5001", "-m", "once")


def check_once(team: Team) -> None:
    """Check that all have what SET recorded, and that it is there once."""
    team.check_equal()
    assert [row["reason"] for row in team.alice.history()].count("once") == 1


def test_it_was_pushed(team: Team, tmp_path: Path) -> None:
    bob = with_git(team.bob, tmp_path / "bin", f'push "$@"; {LOST}')
    assert "(#4)" in bob.ok(*SET).out
    check_once(team)


@LONG_TAIL
def test_it_was_not_pushed(team: Team, tmp_path: Path) -> None:
    bob = with_git(team.bob, tmp_path / "bin", LOST)
    assert "(#4)" in bob.ok(*SET).out
    check_once(team)


@LONG_TAIL
def test_it_was_pushed_and_others_went_on(team: Team, tmp_path: Path) -> None:
    other = command(team.alice, "set", "local", "logging.level=warn")
    bob = with_git(team.bob, tmp_path / "bin", f'push "$@"; {other}; {LOST}')
    assert "(#4)" in bob.ok(*SET).out
    check_once(team)
    assert bob.last_position() == 5


@LONG_TAIL
def test_it_was_not_pushed_and_others_went_on(team: Team, tmp_path: Path) -> None:
    other = command(team.alice, "set", "local", "logging.level=warn")
    bob = with_git(team.bob, tmp_path / "bin", f"{other}; {LOST}")
    assert "(#5)" in bob.ok(*SET).out
    check_once(team)


@LONG_TAIL
@pytest.mark.parametrize("pushed", some([True, False], 1))
def test_the_repository_is_gone_after_that(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pushed: bool
) -> None:
    monkeypatch.setattr(history, "Recorder", partial(deciding.Recorder, patience=0.2))
    away = team.hub.with_name("away")
    push = 'push "$@"; ' * pushed
    bob = with_git(team.bob, tmp_path / "bin", f"{push}mv {team.hub} {away}; {LOST}")
    done = bob.run(*SET)
    assert done.code == 6
    assert "it is unknown whether the events were recorded" in done.error()
    assert done.hint() == "`tetra-es pull` will tell"
    assert "(#4)" not in done.out
    bob.fails(1, "pull")
    away.rename(team.hub)
    assert bob.ok("pull").out == ("received #4\n" if pushed else "up to date: #3\n")
    if not pushed:
        bob.ok(*SET)
    check_once(team)


KILLED = """\
import os, sys
from tetra_es_cli.main import run
os.environ["VICTIM"] = str(os.getpid())
sys.exit(run(sys.argv[1:]))
"""


@LONG_TAIL
def test_killed_after_the_push(team: Team, tmp_path: Path) -> None:
    """The event is in the shared log, and not here: the next command takes it over."""
    alice, bob = team
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    team.on_push("kill -9 $VICTIM", hook="post-receive")
    done = bob.process(*SET, code=KILLED, env={"TMPDIR": str(elsewhere)})
    assert done.code == -signal.SIGKILL
    assert list(elsewhere.iterdir()) == []  # what was fetched is in the state folder
    assert (bob.last_position(), len(team.shared())) == (3, 4)
    alice.ok("set", "local", "logging.level=warn")
    said = bob.ok("promote", "dev")
    assert "received #4 to #5" in said.err
    assert "tetra = 5001" in bob.toml("dev").read_text()
    check_once(team)


@LONG_TAIL
def test_interrupted_after_the_push(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    real = push_main

    def interrupted(*arguments: object, **more: object) -> None:
        monkeypatch.setattr(git_log, "push_main", real)
        real(*arguments, **more)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(git_log, "push_main", interrupted)
    done = team.bob.run(*SET)
    assert (done.code, done.error()) == (130, "interrupted; recorded as #4")
    check_once(team)


@LONG_TAIL
def test_interrupted_before_the_push(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(git_log, "push_main", interrupted)
        done = team.bob.run(*SET)
    assert (done.code, done.error()) == (130, "interrupted; nothing was recorded")
    team.check_equal()
    assert team.bob.last_position() == 3


@LONG_TAIL
def test_interrupted_where_nobody_can_tell(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        team.hub.rename(tmp_path / "away")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(git_log, "push_main", interrupted)
        done = team.bob.run(*SET)
    assert done.code == 130
    assert done.error() == (
        f"interrupted; {ADDRESS} does not say whether it was recorded: `tetra-es pull` will tell"
    )
