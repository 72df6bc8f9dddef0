"""Deployments through a real sshd, against one `tar | ssh` pipe and a restart, by the clock.

The server is the test host: systemd as process 1, booted for this. Both sides write the same files
and restart the same unit. What a deployment does besides: it looks at the server, uploads and
verifies, arms the server's guard, waits for an answer of the application, confirms, and records.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, alternate_timed, timed
from benchmarks.organization import TETRA_ES, create, program
from tests.server.host import Host
from tests.server.requirements import why_not
from tests.server.tree import build, cache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

CHANGED, UNCHANGED = 4.0, 3.0
"""The aims."""

UNIT = "tetra-dev.service"
COPIES = "/root/copies"
"""Where they are written: what is deployed there must not be changed by others."""

FILES = (
    "/etc/systemd/system/tetra-dev.service",
    "/root/src/devops/tetra/env/dev.env",
    "/root/tetra/org/acme/environments/dev.toml",
    "/root/tetra/tsm/services-available/tetra.tsm",
)


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield a deployment that changes something, then one that finds it all there."""
    if reason := why_not():
        print(f"  skipped: {reason}")
        return
    build(cache())
    with Host(cache()) as host:
        host.install_tetra("/root/tetra", "/root/src/devops/tetra")
        machine = create(folder / "deploy")
        site = _Site(machine, host, folder / "copy")
        site.prepare()
        rounds = sizes.slow_rounds
        for what, ours, aim in (
            ("deploy dev, one value changed", site.changed, CHANGED),
            ("deploy dev, nothing changed", site.unchanged, UNCHANGED),
        ):
            ours_times, their_times = alternate_timed(ours, site.copied, rounds)
            yield Comparison(
                f"tetra-es {what}",
                "tar | ssh 'tar -x && systemctl restart'",
                ours_times,
                their_times,
                aim,
            )


class _Site:
    """An organization, a server, and a copy of what is deployed to it."""

    def __init__(self, machine: Machine, host: Host, copy: Path) -> None:
        self._machine = machine
        self._host = host
        self._copy = copy
        self._number = count(1)
        self._ssh = {"TETRA_ES_SSH": f"{program('ssh')} -F {host.ssh_config}"}

    def prepare(self) -> None:
        """Deploy for the first time, with the least that a check of the health can take."""
        machine = self._machine
        machine.run("set", "local", "health.successes=1", "health.stays_up=0")
        hosts = f'deployment.hosts=["{self._host.name}"]'
        machine.run("set", "profile", "dev", hosts, "deployment.runner=direct")
        machine.run("promote", "dev")
        self._deploy()
        self._host.ok("mkdir", "-p", COPIES)
        for path in FILES:
            copy = self._copy / path.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(self._host.read(path))

    def changed(self) -> float:
        """Change a value, then time its deployment."""
        self._machine.run("set", "local", f"features.round={next(self._number)}")
        self._machine.run("promote", "dev")
        return timed(self._deploy)

    def unchanged(self) -> float:
        """Time a deployment of what is there."""
        return timed(self._deploy)

    def copied(self) -> float:
        """Time what a person would do without the tool."""
        # Else systemd finds that it is restarted too often.
        self._host.ok("systemctl", "reset-failed", UNIT)
        tar, ssh = program("tar"), program("ssh")
        remote = f"tar -C {COPIES} -xf - && systemctl restart {UNIT}"
        script = (
            f"{tar} -C {self._copy} -cf - . | "
            f"{ssh} -F {self._host.ssh_config} {self._host.name} '{remote}'"
        )
        return timed(lambda: self._machine.processes.run(program("sh"), "-c", script))

    def _deploy(self) -> None:
        self._machine.processes.run(TETRA_ES, "deploy", "dev", **self._ssh)
