"""What systemd makes of services with ways of their own."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.machine import HANG
from tests.server.deploy.site import Site
from tests.server.power import carry
from tests.server.processes import until

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    # What runs before the switch may do no more, and has what the service is about to get.
    script = (
        'id -un; printf "%s\\n" "$API_KEY"; systemctl is-active $1; echo $TETRA_DIR >$TETRA_DIR/old'
    )
    host.write("/opt/tetra/migrate", f"{script}; touch /opt/tetra/new; true\n")
    migrate = f"sh migrate {site.unit}"
    machine.ok("set", "local", f"services.tetra.release_command={migrate}")
    machine.ok("promote", "staging")
    done = site.deploy()
    said = [line.split(": | ")[1] for line in done.err.splitlines() if ": tetra: | " in line]
    assert said[:3] == ["tetra", "***", "inactive"]
    assert "Read-only file system" in said[3]
    assert host.ok("stat", "-c", "%U", "/var/lib/tetra/old") == "tetra\n"
    for _ in until():
        if host.run("test", "-s", f"{LOG}/worker").returncode == 0:
            break
    assert host.ok("stat", "-c", "%a %U", f"{LOG}/worker").split() == ["640", "tetra"]
    # systemd has read it; no service can.
    assert host.ok("stat", "-c", "%a %U", site.secret_file).split() == ["600", "root"]

    # Only one of them reads what changes: the other goes on.
    before = site.about()["pid"]
    machine.ok("set", "local", f"services.worker.command={worker} --")
    machine.ok("promote", "staging")
    host.write("/opt/tetra/migrate", "exit 0\n")
    done = site.deploy()
    assert "restarted tetra-staging-worker.service; tetra-staging.service goes on" in done.err
    assert site.about()["pid"] == before
    # One that fails, or takes too long, changes nothing.
    host.write("/opt/tetra/migrate", "sleep 60\n")
    machine.ok("set", "local", "services.tetra.release_timeout=1", "features.fast=true")
    machine.ok("promote", "staging")
    files = site.files()
    failed = machine.run("deploy", "staging")
    assert (failed.code, site.about()["pid"]) == (5, before)
    assert "the release command of tetra took longer than 1 s" in failed.err
    assert "services.tetra.release_timeout is its limit" in failed.hint()
    assert site.files() == files
    machine.ok("rollback", "staging")

    # It ends with 143, as Java does: that is not a failure.
    machine.ok("daemon", "stop", "staging")
    shown = host.ok("systemctl", "show", "-p", "ExecMainStatus", "tetra-staging-worker.service")
    assert shown == "ExecMainStatus=143\n"
    assert site.active("tetra-staging-worker.service") == "inactive"
    machine.ok("daemon", "start", "staging")
    machine.ok("daemon", "uninstall", "staging")
    assert host.ok("systemctl", "--failed", "--quiet") == ""


@contextmanager
def at_ipv6(port: int) -> Iterator[int]:
    """Carry what arrives at a port of ::1 to one of 127.0.0.1."""
    ends: list[socket.socket] = []
    carrying: list[threading.Thread] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                outer, _ = door.accept()
                inner = socket.create_connection(("127.0.0.1", port))
                ends.extend((outer, inner))
                for pair in ((outer, inner), (inner, outer)):
                    carrying.append(threading.Thread(target=carry, args=pair))
                    carrying[-1].start()

    with socket.create_server(("::1", 0), family=socket.AF_INET6) as door:
        accepting = threading.Thread(target=accept)
        accepting.start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)
        for thread in (accepting, *carrying):
            thread.join(HANG)
    for end in ends:
        end.close()


def test_a_host_at_an_ipv6_address(site: Site) -> None:
    keys = site.host.keys
    with at_ipv6(keys.port) as port:
        block = keys.config.read_text().replace(f"Host {keys.name}\n", "Host ::1\n", 1)
        block = block.replace("127.0.0.1", "::1").replace(f"Port {keys.port}", f"Port {port}")
        with keys.config.open("a") as config:
            config.write(block)
        for host, command in (
            ("root@[::1]", "deploy"),
            (f"ssh://root@[::1]:{port}", "drift"),
            ("root@[::1]", "daemon stop"),
        ):
            # A process of its own, since the sockets of the relay are this one's.
            done = site.machine.process(*command.split(), "dev", "--to", host)
            assert "cannot work on" not in done.err
            if command == "deploy":
                assert done.code == 0, done.err
                rows = site.machine.run("status", "-o", "json").json["servers"]
                assert host in [row["host"] for row in rows]
        assert site.active() == "inactive"
    site.machine.ok("verify")


def test_a_server_without_sudo_is_said_to_be_one(site: Site) -> None:
    site.host.add_user("carol", "/home/carol")
    assert site.host.run("sh", "-c", "command -v sudo").returncode != 0
    done = site.machine.run("deploy", "dev", "--to", f"{site.host.name}-carol")
    assert "sudo is not installed there" in done.err
