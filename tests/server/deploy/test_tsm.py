"""Both kinds of tsm: one whose `tsm start` stays with its service, and one that returns."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.machine import until
from tests.server.deploy.site import CANARY, PLACES, Site, sha256

if TYPE_CHECKING:
    from tests.conftest import Machine
    from tests.server.host import Host

RETURN = ("2025-10", "2026-01", "2026-02", "newest")


def shown(site: Site, key: str, unit: str | None = None) -> str:
    return site.host.ok("systemctl", "show", "--value", "-p", key, unit or site.unit).strip()


def is_up(site: Site) -> int:
    """Return the service's process, asked of the port, which systemd must call the main one."""
    pid = site.about()["pid"]
    assert isinstance(pid, int)
    until(lambda: shown(site, "MainPID") == str(pid))
    assert site.active() == "active"
    assert site.host.read(f"/proc/{pid}/cgroup").strip().endswith(f"/{site.unit}")
    return pid


@pytest.mark.parametrize(
    ("environment", "like"), [("dev", "stays"), ("dev", "newest"), ("prod", "2026-02")]
)
def test_a_service_under_tsm(machine: Machine, host: Host, environment: str, like: str) -> None:
    site = Site(machine, host, environment)
    site.prepare()
    host.write("/etc/tetra-app/tsm", f"{like}\n")
    site.deploy()
    first = is_up(site)
    # Nothing ends it, or starts it again, once tsm has looked for the last time.
    begun = shown(site, "InvocationID")
    time.sleep(30)
    assert is_up(site) == first
    assert (shown(site, "InvocationID"), shown(site, "NRestarts")) == (begun, "0")
    about = site.about()
    assert about["uid"] == int(host.ok("id", "-u", PLACES[environment][0]))
    assert about["environment"]["API_KEY"] == sha256(CANARY)
    machine.ok("health", environment)
    assert "listening on 4444" in machine.ok("daemon", "logs", environment).out

    machine.ok("daemon", "restart", environment)
    assert is_up(site) != first
    host.reboot()
    is_up(site)

    site.set_port(5555)
    site.deploy()
    is_up(site)
    machine.ok("rollback", environment, "--deploy")
    site.port = 4444
    is_up(site)
    assert host.run("curl", "-fsS", "http://127.0.0.1:5555/health").returncode != 0
    machine.ok("daemon", "stop", environment)
    assert host.run("pgrep", "-f", "server/server.js").returncode == 1
    assert site.active() == "inactive"


def test_each_tsm_that_returns(site: Site) -> None:
    host = site.host
    host.write("/etc/tetra-app/tsm", "2025-10\n")
    site.deploy()
    for like in (*RETURN, "2025-10 no-lsof", "2026-02 no-jq", "2026-02 slow 2"):
        host.write("/etc/tetra-app/tsm", f"{like}\n")
        site.machine.ok("daemon", "restart", "dev")
        pid = is_up(site)
        assert site.about()["environment"]["API_KEY"] == sha256(CANARY)
        assert shown(site, "NRestarts") == "0"

        # systemd sees how the service itself ends, and starts it again.
        host.ok("kill", "-KILL", str(pid))
        until(lambda: shown(site, "NRestarts") == "1")
        assert is_up(site) != pid
        said = host.ok("journalctl", "-q", "-o", "cat", "-n", "40", "-u", site.unit)
        assert "Main process exited, code=killed, status=9/KILL" in said


def test_a_note_of_another_process_does_not_keep_a_service_from_starting(site: Site) -> None:
    """As after a reboot: the number that tsm noted is that of some other process."""
    site.host.write("/etc/tetra-app/tsm", "2026-02\n")
    site.deploy()
    site.machine.ok("daemon", "stop", "dev")
    noted = "/root/tetra/tsm/runtime/processes/tetra-4444/meta.json"
    site.host.write(noted, '{"name": "tetra-4444", "pid": 1}\n')
    site.machine.ok("daemon", "start", "dev")
    is_up(site)


def test_each_service_has_a_unit(site: Site) -> None:
    """One that ends takes no other one along."""
    site.host.write("/etc/tetra-app/tsm", "2026-02\n")
    site.machine.ok("set", "local", "services.worker.command=sh -c 'sleep 600'")
    site.machine.ok("promote", "dev")
    site.deploy()
    pid, unit = is_up(site), "tetra-dev-worker.service"
    worker = shown(site, "MainPID", unit)
    assert "sleep 600" in site.host.read(f"/proc/{worker}/cmdline").replace("\0", " ")
    site.host.ok("kill", worker)
    until(lambda: site.active(unit) != "active")
    assert is_up(site) == pid


@pytest.mark.parametrize(
    ("like", "says"),
    [
        ("2025-12", "tsm: invalid TSM_ENV: /root/src/devops/tetra/env/dev.env"),
        ("2025-12-30", "tsm: no /root/tetra/tsm/../orgs/tetra/tsm/services-available/tetra.tsm"),
    ],
)
def test_a_tsm_that_cannot_be_used_is_heard(site: Site, like: str, says: str) -> None:
    site.host.write("/etc/tetra-app/tsm", f"{like}\n")
    site.machine.ok("set", "profile", "dev", "services.tetra.auto_restart=false")
    site.machine.ok("promote", "dev")
    done = site.machine.run("deploy", "dev")
    assert done.code == 5
    assert says in done.err


def test_what_a_service_says_in_files(machine: Machine, host: Host) -> None:
    site = Site(machine, host, "prod")
    site.prepare()
    host.write("/etc/tetra-app/tsm", "2026-02\n")
    site.deploy()
    logs = "/var/lib/tetra/logs"
    host.write(f"{logs}/tetra.log", "the application's own\n")
    out = machine.ok("daemon", "logs", "1", "prod").out.splitlines()
    folder = "/var/lib/tetra/tsm/runtime/processes/tetra-4444"
    assert out[1:] == [
        *(f"==> {folder}/current.out <==", "listening on 4444"),
        *(f"==> {logs}/tetra.log <==", "the application's own"),
    ]
    # Who owns the folder can't have root read another file.
    host.ok("ln", "-sf", "/etc/shadow", f"{logs}/tetra.log")
    assert "root:" not in machine.ok("daemon", "logs", "prod").out

    # The last words of one that does not start are told with the failure.
    site.behave("exit 3", 5555)
    machine.ok("set", "profile", "prod", "services.tetra.auto_restart=false")
    site.set_port(5555)
    done = machine.run("deploy", "prod")
    assert done.code == 5
    assert "told to exit at the start" in done.err


def test_files_are_followed_until_the_client_is_gone(site: Site) -> None:
    site.host.write("/etc/tetra-app/tsm", "newest\n")
    site.deploy()
    noted = "/root/tetra/tsm/runtime/processes/tetra-4444/current.out"
    with subprocess.Popen(
        site.machine.argv("daemon", "logs", "-f", "1", "dev"),
        env=site.machine.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout is not None
        lines = iter(following.stdout.readline, "")
        assert any(line == "listening on 4444\n" for line in lines)
        site.host.ok("sh", "-c", f"echo more >>{noted}")
        assert any(line == "more\n" for line in lines)
        following.kill()
    until(lambda: site.host.run("pgrep", "-x", "tail|journalctl").returncode == 1)
