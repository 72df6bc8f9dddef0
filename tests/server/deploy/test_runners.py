"""What systemd makes of services with ways of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.server.deploy.site import Site
from tests.server.processes import until

if TYPE_CHECKING:
    from tests.conftest import Machine
    from tests.server.host import Host

LOG = "/var/log/tetra"


def test_what_the_sandbox_is_told_to_allow(machine: Machine, host: Host) -> None:
    site = Site(machine, host, "staging", "direct")
    site.prepare()
    host.ok("install", "-d", "-o", "tetra", "-g", "tetra", LOG)
    told = 'trap "exit 143" TERM; sleep infinity & wait'
    worker = f"bash -c 'echo started > {LOG}/worker; {told}'"
    machine.ok("set", "local", f"services.worker.command={worker}")
    machine.ok("set", "profile", "staging", f'deployment.read_write_paths=["{LOG}"]')
    machine.ok("promote", "staging")
    site.deploy()
    for _ in until():
        if host.run("test", "-s", f"{LOG}/worker").returncode == 0:
            break
    assert host.ok("stat", "-c", "%a %U", f"{LOG}/worker").split() == ["640", "tetra"]
    assert host.ok("stat", "-c", "%a %U", site.secret_file).split() == ["600", "tetra"]

    # It ends with 143, as Java does: that is not a failure.
    machine.ok("daemon", "stop", "staging")
    shown = host.ok("systemctl", "show", "-p", "ExecMainStatus", "tetra-staging-worker.service")
    assert shown == "ExecMainStatus=143\n"
    assert site.active("tetra-staging-worker.service") == "inactive"
    machine.ok("daemon", "start", "staging")
    machine.ok("daemon", "uninstall", "staging")
    assert host.ok("systemctl", "--failed", "--quiet") == ""


def test_a_server_without_sudo_is_said_to_be_one(site: Site) -> None:
    site.host.add_user("carol", "/home/carol")
    assert site.host.run("sh", "-c", "command -v sudo").returncode != 0
    done = site.machine.run("deploy", "dev", "--to", f"{site.host.name}-carol")
    assert "sudo is not installed there" in done.err
