"""The way there and back between releases whose services share ports, and what may disturb it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.server.processes import until
from tests.server.releases import (
    OLD,
    UNIT,
    UNITS,
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
from tetra_es.release.release import HealthSettings, RemoteFile, Service
from tetra_es.remote.drift import drift
from tetra_es.remote.errors import StepFailed
from tetra_es.remote.plan import plan
from tetra_es.remote.server import Server
from tetra_es.remote.transport import Ssh

if TYPE_CHECKING:
    from tests.server.host import Host
    from tetra_es.release.release import Release

OTHER = "tetra-dev-other.service"
ROOT = ("root", "root")


@pytest.fixture
def host(installed: Host) -> Host:
    """One that serves the old release."""
    return installed


def renamed(health: HealthSettings | None = None) -> Release:
    """Return the old release with its unit under another name, which is not started again."""
    old = old_release(health)
    text = UNIT.format(port=OLD).replace("Restart=on-failure\n", "")
    return replace(
        old,
        files=(RemoteFile(f"{UNITS}/{OTHER}", text.encode(), 0o644, *ROOT), *old.files[1:]),
        units=(OTHER,),
        services=(Service("tetra", OTHER, OLD, "/health"),),
    )


def lingering(host: Host) -> None:
    """Have every service hold its port for a while after it is told to end."""
    restarted(host, "linger 2")


def restarted(host: Host, behaviour: str) -> None:
    """Have the old release's service behave so from its start on."""
    host.write(f"/etc/tetra-app/{OLD}", behaviour)
    host.ok("systemctl", "restart", "tetra-dev.service")
    ask = ("curl", "-fs", "-o", "/dev/null", f"http://localhost:{OLD}/health")
    assert any(host.run(*ask).returncode == 0 for _ in until())


def test_a_renamed_service_takes_the_port_over(host: Host) -> None:
    lingering(host)
    with connect(host) as server:
        go(server, "beef", renamed(), "confirm")
        (unit,) = server.status([OTHER])
    assert (unit.active, unit.restarts) == ("active", 0)
    gone = host.run("systemctl", "is-failed", "tetra-dev.service").stdout
    assert gone.strip() == "inactive"


def test_and_gives_it_back(host: Host) -> None:
    lingering(host)
    before = picture(host)
    with connect(host) as server:
        go(server, "beef", renamed(), "restart")
        outcome = server.revert("beef")
        assert (outcome.state, outcome.down) == ("reverted", ())
        (unit,) = server.status(["tetra-dev.service"])
    assert (unit.active, unit.restarts) == ("active", 0)
    wait_for_old_state(host, before)


def test_an_old_unit_that_does_not_come_back_is_named(host: Host) -> None:
    with connect(host) as server:
        go(server, "beef", renamed(), "restart")
        host.write(f"/etc/tetra-app/{OLD}", "exit 3")
        outcome = server.revert("beef")
    assert outcome.state == "reverted"
    assert outcome.down == ("tetra-dev.service is activating (exit-code)",)


def test_a_service_at_the_other_localhost(host: Host) -> None:
    restarted(host, "six")
    with connect(host) as server:
        (health,) = server.health(old_release().services, 2)
    assert (health.healthy, health.status) == (True, "200")


def test_another_organization_is_not_disarmed(host: Host) -> None:
    before = picture(host)
    ssh = Ssh(host.name, ("ssh", "-F", str(host.ssh_config)))
    with connect(host) as server:
        go(server, "beef", new_release(), "restart")
        host.ok("sh", "-c", "read -r pid _ </var/lib/tetra-es/acme/dev/owner; kill -9 $pid")
    # A name that ours begins, and one that begins ours.
    for name in ("acm", "acme.x"):
        with Server.open(ssh, name, "dev") as other:
            other.lock("bob", "desk")
    expire(host, "beef")
    wait_for_old_state(host, before)
    assert noted(host, "beef") == "reverted-deadline"


def test_a_reload_does_not_put_the_deadline_off(host: Host) -> None:
    with connect(host) as server:
        go(server, "beef", new_release(), "arm", 7)
        host.ok("sh", "-c", "read -r pid _ </var/lib/tetra-es/acme/dev/owner; kill -9 $pid")
    for _ in until():
        host.ok("systemctl", "daemon-reload")
        if noted(host, "beef") == "reverted-deadline":
            return
    raise AssertionError(noted(host, "beef"))


def test_what_cannot_be_put_back_restarts_nothing_again_and_again(host: Host) -> None:
    before = picture(host)
    file = "/root/tetra/tsm/services-available/tetra.tsm"
    with connect(host) as server:
        go(server, "beef", new_release(), "restart")
        host.ok("mkdir", "-p", f"{file}/in/the/way")
        with pytest.raises(StepFailed, match="the old state is not back"):
            server.revert("beef")
        assert any(is_served(host, OLD) for _ in until())
        (first,) = server.status(["tetra-dev.service"])
        guard = "tetra-es-revert:dev:acme:beef.service"
        for _ in range(3):
            host.run("systemctl", "start", guard)
        (later,) = server.status(["tetra-dev.service"])
        assert (later.pid, later.since) == (first.pid, first.since)
        host.ok("rm", "-r", file)
        host.run("systemctl", "start", guard)
    wait_for_old_state(host, before)
    assert noted(host, "beef") == "reverted-request"


def test_names_with_blanks(host: Host) -> None:
    host.ok("sh", "-c", "echo 'domain users:x:4711:' >>/etc/group")
    host.ok("chgrp", "4711", "/root/src/env", "/root/src/env/dev.env")
    with connect(host) as server:
        facts = server.inspect(old_release())
    assert facts.entries["/root/src/env/dev.env"].group == "domain users"
    (problem,) = plan(old_release(), facts, now=facts.time).problems
    assert "/root/src/env belongs to root:domain users" in problem.what


def test_what_changes_every_service_is_no_drift(host: Host) -> None:
    host.write("/etc/systemd/system/service.d/all.conf", "[Service]\nNice=1\n")
    host.ok("systemctl", "daemon-reload")
    with connect(host) as server:
        assert drift(server.inspect()) == ()


def test_a_unit_that_systemd_has_not_read_is_deployed_anew(host: Host) -> None:
    host.ok("touch", "-d", "2030-01-01", f"{UNITS}/tetra-dev.service")
    with connect(host) as server:
        facts = server.inspect(old_release())
        assert not plan(old_release(), facts, now=facts.time).changes_nothing
        go(server, "beef", old_release(), "confirm")
        assert drift(server.inspect()) == ()


def test_taking_over_what_is_there(host: Host) -> None:
    """After the record is lost, or for a newer event with the same content."""
    before = picture(host)
    with connect(host) as server:
        server.lock("alice", "laptop")
        server.stage("beef", old_release(), "dev@9 #99")
        server.adopt("beef")
        assert server.result("beef").state == "confirmed"
        current = server.inspect().current
    assert current is not None
    assert current.source == "dev@9 #99"
    assert picture(host) == before
