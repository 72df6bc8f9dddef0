"""Releases made by hand, and what the test host looks like: for the tests of the protocol."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.machine import HANG
from tests.server.host import APP
from tests.server.processes import until
from tetra_es.release.release import (
    Folder,
    HealthSettings,
    Link,
    Release,
    RemoteFile,
    ServerSettings,
    Service,
)
from tetra_es.remote.server import Server
from tetra_es.remote.transport import Ssh

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.host import Host

OLD, NEW, WEB = 4444, 5555, 6666
UNITS = "/etc/systemd/system"
STATE = "/var/lib/tetra-es/acme/dev/deployments"
ROOT = ("root", "root")
SECRET = "swordfish-in-the-env-file"  # noqa: S105 - a bait for the tests
UNIT = """\
[Service]
WorkingDirectory=/root/tetra
EnvironmentFile=/root/src/env/dev.env
ExecStart=/usr/bin/python3 /root/src/app --port {port}
Restart=on-failure
RestartSec=1
[Install]
WantedBy=multi-user.target
"""
PICTURE = r"""
cd /
find etc/systemd/system root -path root/.ssh -prune -o -printf '%y %m %u %g %p %l\n' | sort
find etc/systemd/system root -type f -exec sha256sum {} + | sort
"""


def old_release(health: HealthSettings | None = None) -> Release:
    """One service."""
    settings = ServerSettings(
        *("development", ("tetra-dev",), *ROOT, "/root/src", "/root/tetra", "direct", (), 0, 0, 0),
        health=health or HealthSettings(deadline=HANG, timeout=60, successes=2, stays_up=1),
        auto_start=True,
    )
    available = "/root/tetra/tsm/services-available"
    return Release(
        "acme",
        "dev",
        settings,
        folders=(
            Folder("/root/tetra/org/acme/environments", 0o755, *ROOT),
            Folder(available, 0o755, *ROOT),
            Folder("/root/tetra/tsm/services-enabled", 0o755, *ROOT),
            Folder("/root/src/env", 0o755, *ROOT),
        ),
        files=(
            unit("tetra-dev.service", OLD),
            RemoteFile("/root/src/env/dev.env", f"KEY={SECRET}\n".encode(), 0o600, *ROOT, True),
            RemoteFile(f"{available}/tetra.tsm", b'TSM_NAME="tetra"\n', 0o644, *ROOT),
        ),
        links=(Link("/root/tetra/tsm/services-enabled/tetra.tsm", f"{available}/x", *ROOT),),
        units=("tetra-dev.service",),
        services=(Service("tetra", "tetra-dev.service", OLD, "/health"),),
        secret_names=("KEY",),
    )


def new_release(health: HealthSettings | None = None) -> Release:
    """Another port, one unit and folder more, a file and a link less."""
    old = old_release(health)
    return replace(
        old,
        folders=(*old.folders, Folder("/root/new/deep", 0o750, *ROOT)),
        files=(
            unit("tetra-dev.service", NEW),
            unit("tetra-dev-web.service", WEB),
            old.files[1],
            RemoteFile("/root/new/deep/it's %n $(id)", b"\x00\xff", 0o640, *ROOT),
        ),
        links=(),
        units=("tetra-dev.service", "tetra-dev-web.service"),
        services=(
            Service("tetra", "tetra-dev.service", NEW, "/health"),
            Service("web", "tetra-dev-web.service", WEB, "/health"),
        ),
    )


def unit(name: str, port: int) -> RemoteFile:
    return RemoteFile(f"{UNITS}/{name}", UNIT.format(port=port).encode(), 0o644, *ROOT)


def connect(host: Host, *, patience: int = 60, program: str | None = None) -> Server:
    ssh = Ssh(host.name, ("ssh", "-F", str(host.ssh_config)))
    return Server.open(ssh, "acme", "dev", patience=patience, program=program)


STEPS = ("lock", "stage", "arm", "switch", "restart", "health", "confirm")


def go(
    server: Server,
    deployment: str,
    release: Release,
    last: str,
    seconds: int = HANG,
    *,
    after: str = "",
    replace: bool = False,
) -> None:
    """Deploy as far as the step `last`, from the one after `after`.

    `replace`: what somebody else has made, too.
    """
    begin = STEPS.index(after) + 1 if after else 0
    steps: dict[str, Callable[[], object]] = {
        "lock": lambda: server.lock("alice", "laptop"),
        "stage": lambda: server.stage(deployment, release, "dev@1"),
        "arm": lambda: server.arm(deployment, seconds, replace_unmanaged=replace),
        "switch": lambda: server.switch(deployment),
        "restart": lambda: server.restart(deployment),
        "health": lambda: server.wait_until_healthy(
            deployment, release.services, release.settings.health, "direct"
        ),
        "confirm": lambda: server.confirm(deployment),
    }
    for step in STEPS[begin : STEPS.index(last) + 1]:
        steps[step]()


def install(host: Host) -> str:
    """Deploy the old release, and return the host's picture."""
    host.ok("mkdir", "-p", "/root/tetra")
    host.write("/root/src/app", (APP / "node.py").read_text())
    with connect(host) as server:
        go(server, "0123", old_release(), "confirm")
    return picture(host)


def picture(host: Host) -> str:
    """Return every file with its owner, mode and hash where a deployment writes."""
    return host.ok("sh", "-c", PICTURE)


def is_served(host: Host, port: int) -> bool:
    ask = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}")
    return host.run(*ask, f"http://127.0.0.1:{port}/health").stdout == "200"


def expire(host: Host, deployment: str) -> None:
    """Let the deadline of a deployment come now, if there is one.

    Tests arm with a deadline that no machine is too slow for, and wait for none.
    """
    timer = f"tetra-es-revert:dev:acme:{deployment}.timer"
    if host.run("test", "-e", f"{UNITS}/{timer}").returncode == 0:
        host.write(f"/run/systemd/system/{timer}.d/now.conf", "[Timer]\nOnActiveSec=0\n")
        host.ok("systemctl", "daemon-reload")
        host.ok("systemctl", "restart", timer)


def noted(host: Host, deployment: str) -> str:
    """Return the state of a deployment by what lies on the disk."""
    names = host.run("ls", STATE).stdout.split()
    return next((name.partition(".")[2] for name in names if name.startswith(deployment)), "")


def wait_for_old_state(host: Host, before: str) -> None:
    """Wait until the old release serves and every file is what it was, without anyone's help."""
    for _ in until():
        if picture(host) == before and is_served(host, OLD) and not is_served(host, NEW):
            return
    now, then = set(picture(host).splitlines()), set(before.splitlines())
    journal = host.run("journalctl", "--no-pager", "-t", "systemd", "-t", "sh").stdout
    raise AssertionError((now - then, then - now, is_served(host, OLD), journal))
