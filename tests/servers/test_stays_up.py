"""Up means staying up: what answers may be left over from a command that has returned."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.machine import HANG
from tests.servers.fake_server import EACH_SHELL, SHELLS, FakeServer
from tetra_es.release.release import HealthSettings
from tetra_es.release.tsm_start import EXIT_RETURNED
from tetra_es.remote.errors import StepFailed
from tetra_es.remote.server import RETURNED

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.release.release import Runner
    from tetra_es.remote.server import Server

ENDED = ("Result=success", "ExecMainCode=1")
INACTIVE = ("ActiveState=inactive", "SubState=dead")
RESTARTING = ("ActiveState=activating", "SubState=auto-restart")


ENDS: list[tuple[Runner, tuple[str, ...], str]] = [
    ("tsm", (*INACTIVE, *ENDED, "ExecMainStatus=0"), RETURNED),
    ("tsm", (*RESTARTING, *ENDED, f"ExecMainStatus={EXIT_RETURNED}"), RETURNED),
    ("tsm", ("ActiveState=failed", *ENDED, f"ExecMainStatus={EXIT_RETURNED}"), RETURNED),
    (
        "direct",
        (*INACTIVE, *ENDED, "ExecMainStatus=0"),
        "tetra: the process exited with 0, and nothing is running",
    ),
    # Somebody has stopped it.
    (
        "tsm",
        (*INACTIVE, "Result=success", "ExecMainCode=2", "ExecMainStatus=15"),
        "tetra: the unit is inactive (dead)",
    ),
    (
        "tsm",
        ("ActiveState=failed", "Result=exit-code", "ExecMainCode=1", "ExecMainStatus=1"),
        "tetra: the unit failed: exit-code",
    ),
]


@pytest.fixture(params=EACH_SHELL)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> FakeServer:
    return FakeServer(tmp_path / "server", SHELLS[request.param])


def start(server: Server, place: FakeServer) -> None:
    server.lock("alice", "laptop")
    server.stage("a1", place.release(), "dev@1")
    server.arm("a1", 60)
    server.switch("a1")
    server.restart("a1")


def wait(
    server: Server,
    place: FakeServer,
    runner: Runner,
    check: HealthSettings,
    said: list[str] | None = None,
) -> list[str]:
    """Deploy up to its health; return what was said of each round, in `said` too."""
    release, said = place.release(), [] if said is None else said
    start(server, place)
    answers = server.wait_until_healthy("a1", release.services, check, runner, progress=said.append)
    assert [each.healthy for each in answers] == [True]
    return said


def check(stays_up: int, *, deadline: int = 30) -> HealthSettings:
    return HealthSettings(deadline=deadline, interval=0, successes=2, stays_up=stays_up)


@pytest.mark.parametrize(("runner", "says", "reason"), some(ENDS, 2))
def test_a_unit_that_does_not_stay_up(
    place: FakeServer, runner: Runner, says: tuple[str, ...], reason: str
) -> None:
    """It is said at once, long before the deadline."""
    place.end(10, *says)
    rounds: list[str] = []
    with place.open() as server:
        with pytest.raises(StepFailed) as failed:
            wait(server, place, runner, check(HANG, deadline=HANG), rounds)
        assert failed.value.reason == reason
        server.revert("a1")
    assert len(rounds) < 12


def test_a_crash_loop_is_one_after_the_third_end(place: FakeServer) -> None:
    """systemd would start it again for ever. What it said the last time is shown, and no more."""
    ended = ("InvocationID=abc", "ExecMainCode=1", "ExecMainStatus=2")
    journal = place.folder / "bin/journalctl"
    journal.write_text('#!/bin/sh\necho "$*"\n')
    journal.chmod(0o755)
    place.end(1, *RESTARTING, "NRestarts=2", *ended)
    with place.open() as server, pytest.raises(StepFailed) as failed:
        wait(server, place, "direct", check(HANG, deadline=HANG))
    assert failed.value.reason == "tetra: the process exited with 2, 3 times"
    (line,) = failed.value.journal
    assert line.endswith("_SYSTEMD_INVOCATION_ID=abc + INVOCATION_ID=abc")


@LONG_TAIL
def test_two_ends_are_no_loop_yet(place: FakeServer) -> None:
    place.end(1, *RESTARTING, "NRestarts=1", "ExecMainCode=1", "ExecMainStatus=2")
    with place.open() as server, pytest.raises(StepFailed) as failed:
        wait(server, place, "direct", check(HANG, deadline=1))
    assert failed.value.reason.startswith("not healthy within 1 s")


@LONG_TAIL
def test_a_tsm_that_returns_before_the_restart_is_over(place: FakeServer) -> None:
    """What it is, and not only that a unit failed, is said then, too."""
    ended = ("ActiveState=failed", "Result=exit-code", *ENDED[1:])
    place.end(0, *ended, f"ExecMainStatus={EXIT_RETURNED}")
    with place.open() as server, pytest.raises(StepFailed) as failed:
        wait(server, place, "tsm", check(HANG, deadline=HANG))
    assert (failed.value.step, failed.value.reason) == ("health", RETURNED)


def test_a_unit_that_is_active_with_no_process(place: FakeServer) -> None:
    place.end(0, "ActiveState=active", "SubState=exited", "MainPID=0")
    with place.open() as server:
        start(server, place)
        (health,) = server.health(place.release().services, 5)
    assert (health.healthy, health.status) == (False, "the unit is active, and nothing runs in it")


def test_the_window_begins_with_the_first_good_answer(place: FakeServer) -> None:
    begun = time.monotonic()
    with place.open() as server:
        said = wait(server, place, "tsm", check(2))
    assert time.monotonic() - begun >= 1
    assert said[:2] == ["1 of 2", "2 of 2"]
    assert len(said) > 2


@LONG_TAIL
def test_the_window_may_go_beyond_the_deadline(place: FakeServer) -> None:
    place.ticks = True
    with place.open() as server:
        said = wait(server, place, "tsm", check(40, deadline=20))
    assert len(said) > 5


def test_a_window_of_nothing(place: FakeServer) -> None:
    with place.open() as server:
        assert wait(server, place, "tsm", check(0)) == ["1 of 2", "2 of 2"]


def test_one_that_goes_on_restarting_is_not_up(place: FakeServer) -> None:
    """It answers whenever it is asked, each time another process."""
    place.restarts_at_every_look()
    place.ticks = True
    with place.open() as server, pytest.raises(StepFailed, match="started again meanwhile"):
        wait(server, place, "direct", check(1, deadline=20))
