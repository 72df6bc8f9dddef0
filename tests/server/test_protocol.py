"""Deployments to a real host that are cut short anywhere: the old state comes back by itself."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.examples import THOROUGH, some
from tests.server.processes import until
from tests.server.releases import (
    NEW,
    OLD,
    SECRET,
    STATE,
    STEPS,
    WEB,
    connect,
    expire,
    go,
    is_served,
    new_release,
    noted,
    old_release,
    picture,
    wait_for_old_state,
)
from tetra_es.release.release import HealthSettings
from tetra_es.remote.drift import drift
from tetra_es.remote.errors import ConnectionLost, Locked, StepFailed, Unreachable
from tetra_es.remote.facts import Outcome
from tetra_es.remote.plan import plan
from tetra_es.remote.program import agent
from tetra_es.remote.server import Server
from tetra_es.remote.transport import Ssh

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.host import Host

CAUSES = {
    "ssh killed": "disconnected",
    "agent killed": "deadline",
    "rebooted": "boot",
    "power cut": "boot",
}


@pytest.fixture
def host(installed: Host) -> Host:
    """One that serves the old release."""
    return installed


def kill_ssh(_: Host, server: Server) -> None:
    os.kill(server.pid, signal.SIGKILL)


def kill_agent(host: Host, _: Server) -> None:
    host.ok("sh", "-c", "read -r pid _ </var/lib/tetra-es/acme/dev/owner; kill -9 $pid")


def reboot(host: Host, _: Server) -> None:
    host.reboot()


def cut_power(host: Host, _: Server) -> None:
    host.kill()


BREAKS: dict[str, Callable[[Host, Server], None]] = {
    "ssh killed": kill_ssh,
    "agent killed": kill_agent,
    "rebooted": reboot,
    "power cut": cut_power,
}


def test_a_deployment_that_succeeds_stays(host: Host) -> None:
    with connect(host) as server:
        go(server, "beef", new_release(), "confirm")
        assert server.result("beef") == Outcome("beef", "confirmed")
        facts = server.inspect(new_release())
    assert drift(facts) == ()
    assert plan(new_release(), facts, now=facts.time).changes_nothing
    assert not plan(new_release(), facts, now=facts.time).problems
    assert [is_served(host, port) for port in (OLD, NEW, WEB)] == [False, True, True]
    assert host.run("stat", "/root/tetra/tsm/services-available/tetra.tsm").returncode == 1
    assert ".tetra-es" not in picture(host)
    assert "revert" not in picture(host)
    host.kill()
    assert is_served(host, NEW)
    assert noted(host, "beef") == "confirmed"


@pytest.mark.parametrize("how", BREAKS)
def test_cut_short_after_any_step(host: Host, how: str) -> None:
    before = picture(host)
    every, begin = STEPS[:-1], [*BREAKS].index(how) % 2
    # By default each step comes in two of the four tests.
    for step in every if THOROUGH else every[begin::2]:
        server = connect(host)
        deployment = f"cut{step}"
        # Long enough that nothing but the break itself can be the reason.
        go(server, deployment, new_release(), step)
        BREAKS[how](host, server)
        if how == "agent killed":
            expire(host, deployment)
        wait_for_old_state(host, before)
        server.close()
        with connect(host) as server:
            server.lock("bob", "desk")
            result = server.result(deployment)
        if step in {"lock", "stage"}:
            assert result.state == {"lock": "unknown", "stage": "discarded"}[step]
        else:
            assert result == Outcome(deployment, "reverted", CAUSES[how])


def dying_agent() -> str:
    """Return an agent that dies before the command whose number is in /run/dies."""
    dies = """try() {
    if read -r left 2>/dev/null </run/dies; then
        echo $((left - 1)) >/run/dies
        [ "$left" != 0 ] || kill -9 $$
    fi
"""
    return agent().replace("try() {\n", dies)


@pytest.mark.parametrize("commands", some(range(12, 44, 4), 4))
def test_killed_in_the_middle_of_a_step(host: Host, commands: int) -> None:
    """The guard has the same text: it dies too, when the session has lived, and is run again."""
    before = picture(host)
    server = connect(host, program=dying_agent())
    host.write("/run/dies", f"{commands}\n")
    with contextlib.suppress(ConnectionLost):
        go(server, "dead", new_release(), "health")
    expire(host, "dead")
    server.close()
    # Until it is armed, nothing in use is touched; what lies about is for the next session.
    if noted(host, "dead") != "staged":
        wait_for_old_state(host, before)
    host.run("rm", "/run/dies")
    with connect(host) as server:
        server.lock("bob", "desk")
        assert server.result("dead").state in {"reverted", "discarded"}
    assert picture(host) == before


def test_power_is_cut_while_the_old_state_is_put_back(host: Host) -> None:
    before = picture(host)
    server = connect(host, program=dying_agent())
    go(server, "dead", new_release(), "health")
    for commands in range(1, 8):
        host.write("/run/dies", f"{commands}\n")
        host.run("systemctl", "start", "tetra-es-revert:dev:acme:dead.service")
    host.kill()
    wait_for_old_state(host, before)
    assert noted(host, "dead").startswith("reverted-")
    server.close()


@pytest.mark.parametrize("last", some(STEPS[:-1], 3))
def test_the_disk_fills_up(host: Host, last: str) -> None:
    before = picture(host)
    with connect(host) as server:
        go(server, "full", new_release(), last)
        host.fill_disk()
        # What has its space already goes on; what has not says so; the rest is not tried.
        with contextlib.suppress(StepFailed):
            go(server, "full", new_release(), "restart", after=last)
    wait_for_old_state(host, before)
    assert noted(host, "full") in {"", "discarded", "reverted-disconnected"}
    host.free_disk()


def test_revert_on_request_waits_for_the_old_units(host: Host) -> None:
    before = picture(host)
    with connect(host) as server:
        go(server, "beef", new_release(), "health")
        assert server.revert("beef") == Outcome("beef", "reverted", "request")
        assert [each.active for each in server.status(["tetra-dev.service"])] == ["active"]
        assert server.revert("beef") == Outcome("beef", "reverted", "request")
        with pytest.raises(StepFailed, match="has put the old state back"):
            server.confirm("beef")
    wait_for_old_state(host, before)


def test_confirmed_is_not_reverted(host: Host) -> None:
    with connect(host) as server:
        go(server, "beef", new_release(), "confirm")
        timers = ("systemctl", "list-timers", "--all", "tetra-es-*")  # systemd forgets it later
        assert any("beef" not in host.run(*timers).stdout for _ in until())
        with pytest.raises(StepFailed, match="was confirmed"):
            server.revert("beef")
    assert is_served(host, NEW)


DOES_NOT_SERVE = (
    ("unhealthy", "503", 3),
    ("flapping", "503", 6),
    ("hang", "no answer", 3),
    ("exit 3", "the unit failed: exit-code|auto-restart", 60),  # said before that
    ("crash 1", "not healthy|failed", 6),
)


@pytest.mark.parametrize(("behaviour", "says", "deadline"), some(DOES_NOT_SERVE, 2))
def test_a_service_that_does_not_serve(
    host: Host, behaviour: str, says: str, deadline: int
) -> None:
    before = picture(host)
    host.write(f"/etc/tetra-app/{NEW}", behaviour)
    release = new_release(HealthSettings(deadline=deadline, timeout=1, successes=3))
    with connect(host) as server, pytest.raises(StepFailed, match=says) as failed:
        go(server, "beef", release, "confirm")
    assert SECRET not in str(failed.value)
    wait_for_old_state(host, before)
    assert noted(host, "beef") == "reverted-disconnected"


def test_a_port_that_is_answered_by_another(host: Host) -> None:
    before = picture(host)
    taken = ("python3", "/root/src/app", "--port", str(NEW))
    host.ok("systemd-run", "--unit", "squatter", *taken)
    with connect(host) as server:
        facts = server.inspect(new_release())
        (problem,) = plan(new_release(), facts, now=facts.time).problems
        assert f"port {NEW} of tetra is taken by process" in problem.what
        assert "squatter.service" in problem.what
        release = new_release(HealthSettings(deadline=3))
        with pytest.raises(StepFailed):
            go(server, "beef", release, "confirm")
    host.ok("systemctl", "stop", "squatter")
    wait_for_old_state(host, before)


def test_two_at_once(host: Host) -> None:
    with connect(host) as one, connect(host) as two:
        one.lock("alice", "laptop")
        with pytest.raises(Locked, match="alice from laptop since 20"):
            two.lock("bob", "desk")
        seen = two.inspect().owner
        assert seen is not None
        assert (seen.who, seen.origin) == ("alice", "laptop")
        one.unlock()
        two.lock("bob", "desk")


def takes_over(server: Server) -> bool:
    with contextlib.suppress(Locked):
        server.lock("bob", "desk", wait=4)
        return True
    return False


def test_the_lock_of_a_frozen_client_is_taken_over(host: Host) -> None:
    before = picture(host)
    with connect(host, patience=3) as frozen, connect(host) as other:
        go(frozen, "cold", new_release(), "switch")
        with pytest.raises(Locked):
            other.lock("bob", "desk")
        os.kill(frozen.pid, signal.SIGSTOP)
        try:
            assert any(takes_over(other) for _ in until())
            assert other.revert("cold") == Outcome("cold", "reverted", "request")
        finally:
            os.kill(frozen.pid, signal.SIGCONT)
        with pytest.raises(ConnectionLost):
            frozen.restart("cold")
    wait_for_old_state(host, before)


def test_secrets_are_nowhere_but_in_the_env_file(host: Host) -> None:
    found = host.run("grep", "-rlF", SECRET, "/root", "/etc", "/var", "/run").stdout
    assert found == "/root/src/env/dev.env\n"
    assert host.ok("stat", "-c", "%a %U", "/root/src/env/dev.env") == "600 root\n"
    assert host.ok("stat", "-c", "%a", STATE) == "700\n"


def test_units_by_hand_and_their_journal(host: Host) -> None:
    with connect(host) as server:
        server.lock("alice", "laptop")
        server.daemon("stop", ["tetra-dev.service"])
        (health,) = server.health(old_release().services, 2)
        assert (health.healthy, health.status) == (False, "the unit is inactive (dead)")
        server.daemon("restart", ["tetra-dev.service"])
        assert server.status(["tetra-dev.service"])[0].running
        with pytest.raises(StepFailed, match="not found"):
            server.daemon("start", ["no-such.service"])
        lines = list(server.logs(["tetra-dev.service"], 3))
    assert any("Started" in line for line in lines)


def test_following_the_journal_ends_with_the_client(host: Host) -> None:
    server = connect(host)
    lines = server.logs(["tetra-dev.service"], 1, follow=True)
    next(lines)
    processes = ("sh", "-c", "cat /proc/[0-9]*/comm 2>/dev/null | grep -c journalctl")
    assert host.run(*processes).stdout == "1\n"
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(Unreachable, match="lost the connection"):
        list(lines)
    server.close()
    for _ in until():
        if host.run(*processes).stdout == "0\n":
            return
    raise AssertionError("journalctl outlives its client")


def test_drift(host: Host) -> None:
    host.ok("chmod", "0644", "/root/src/env/dev.env")
    host.ok("systemctl", "stop", "tetra-dev")
    host.ok("systemctl", "disable", "tetra-dev")
    host.write("/root/tetra/tsm/services-available/tetra.tsm", "else")
    host.ok("rm", "/root/tetra/tsm/services-enabled/tetra.tsm")
    host.write("/etc/systemd/system/tetra-dev.service.d/more.conf", "[Service]\nNice=1\n")
    host.ok("systemctl", "daemon-reload")
    with connect(host) as server:
        found = [f"{each.subject} {each.difference}" for each in drift(server.inspect())]
    assert found == [
        "/root/src/env/dev.env is 0644 root:root, not 0600 root:root",
        "/root/tetra/tsm/services-available/tetra.tsm has other content",
        "/root/tetra/tsm/services-enabled/tetra.tsm is missing",
        "tetra-dev.service is inactive",
        "tetra-dev.service is disabled, not enabled",
        "tetra-dev.service is changed by /etc/systemd/system/tetra-dev.service.d/more.conf",
    ]


def test_why_there_is_no_session(host: Host) -> None:
    command = ("ssh", "-F", str(host.ssh_config))
    with pytest.raises(Unreachable, match="cannot work on nobody@"):
        Server.open(Ssh(f"nobody@{host.name}", command), "acme", "dev")
    with pytest.raises(Unreachable, match="its name cannot be resolved"):
        Server.open(Ssh("no-such-host.invalid", command), "acme", "dev")


def test_a_user_is_created_once(host: Host) -> None:
    with connect(host) as server:
        server.lock("alice", "laptop")
        server.create_user("tetra", "tetra", "/var/lib/tetra")
        server.create_user("tetra", "tetra", "/var/lib/tetra")
    home, shell = host.ok("getent", "passwd", "tetra").strip().split(":")[5:]
    assert (home, shell) == ("/var/lib/tetra", "/usr/sbin/nologin")
