"""An organization and a server to deploy it to: what the tests of this folder ask and do."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.machine import HANG, default_signals
from tests.server.processes import until

if TYPE_CHECKING:
    from tests.conftest import Machine, Result
    from tests.server.host import Host

PLACES = {
    # environment: user, tetra_dir, tetra_src, unit, --env of the command
    "dev": ("root", "/root/tetra", "/root/src/devops/tetra", "tetra-dev.service", "dev"),
    "staging": ("tetra", "/var/lib/tetra", "/opt/tetra", "tetra-staging.service", "staging"),
    "prod": ("tetra", "/var/lib/tetra", "/opt/tetra", "tetra.service", "production"),
}
CANARY = "canary-7d1f02 'q' \"d\" $HOME `id` \\ #"


@dataclass
class Site:
    """An operator's machine, a server, and one environment that goes there."""

    machine: Machine
    host: Host
    environment: str = "dev"
    runner: str = "tsm"
    port: int = 4444
    said: list[str] = field(default_factory=list)

    @property
    def unit(self) -> str:
        return PLACES[self.environment][3]

    @property
    def secret_file(self) -> str:
        return f"{PLACES[self.environment][2]}/env/{self.environment}.env"

    def prepare(self) -> None:
        """Get both ready for a first deployment: all that a person does before it."""
        user, tetra_dir, tetra_src, _, _ = PLACES[self.environment]
        if user != "root":
            self.host.add_user(user, tetra_dir)
        self.host.install_tetra(tetra_dir, tetra_src, user)
        self.organize()

    def use_ssh(self) -> None:
        """Let the operator's ssh know the server."""
        self.machine.env["TETRA_ES_SSH"] = f"ssh -F {self.host.ssh_config}"

    def organize(self) -> None:
        """Do the part on the operator's machine."""
        machine = self.machine
        self.use_ssh()
        recipient = machine.ok("identity", "new").out.strip()
        # No verdict comes from how busy the machine is; a service that is well is soon said to be.
        health = (f"deadline={HANG}", f"timeout={HANG}", "successes=2", "stays_up=1")
        machine.ok("set", "local", *(f"health.{each}" for each in health))
        overlay = [f'deployment.hosts=["{self.host.name}"]', f"deployment.runner={self.runner}"]
        machine.ok("set", "profile", self.environment, *overlay)
        machine.ok("recipient", "add", self.environment, "alice", recipient)
        machine.ok("secret", "set", self.environment, "API_KEY", stdin=CANARY)
        machine.ok("promote", self.environment)

    def deploy(self, *more: str) -> Result:
        return self.machine.ok("deploy", self.environment, *more)

    def set_port(self, port: int, *more: str) -> None:
        """Give the service another port, and set what else is to be set, up to the promotion."""
        self.machine.ok("set", "local", f"ports.tetra={port}", *more)
        self.machine.ok("promote", self.environment)
        self.port = port

    def behave(self, word: str, port: int | None = None) -> None:
        """Have the application behave so from now on, also when it runs already."""
        self.host.write(f"/etc/tetra-app/{port or self.port}", f"{word}\n")

    def about(self, port: int | None = None) -> dict[str, Any]:
        """Ask the application who it is, without the tool; it must answer."""
        url = f"http://127.0.0.1:{port or self.port}/about"
        for _ in until():
            done = self.host.run("curl", "-fsS", "--max-time", "60", url)
            if done.returncode == 0:
                found = json.loads(done.stdout)
                assert isinstance(found, dict)
                return found
        raise AssertionError(f"nothing answers at {url}: {done.stderr}")

    def active(self, unit: str | None = None) -> str:
        return self.host.run("systemctl", "is-active", unit or self.unit).stdout.strip()

    def files(self) -> dict[str, str]:
        """Return what a deployment may touch on the server, with mode, owner and content."""
        script = (
            "find /etc/systemd/system /root/tetra /root/src /opt/tetra /var/lib/tetra "
            r"\( -name runtime -o -name logs \) -prune -o \( -type f -o -type l -o -type d \) "
            "-printf '%p %y %m %u %g %l\\n' 2>/dev/null | sort; "
            "find /etc/systemd/system /root/tetra /root/src /opt/tetra /var/lib/tetra "
            r"\( -name runtime -o -name logs \) -prune -o -type f -print0 2>/dev/null | sort -z "
            "| xargs -0 sha256sum"
        )
        lines = self.host.ok("sh", "-c", script + "; true").splitlines()
        return dict.fromkeys(lines, "")

    def events(self) -> list[str]:
        """Return the kinds of the newest deployment's events, in order."""
        rows = self.machine.history(self.environment, "--type", "deployment")
        kinds = [row["type"].removeprefix("deployment.") for row in reversed(rows)]
        start = len(kinds) - 1 - kinds[::-1].index("started")
        return kinds[start:]

    def ran(self) -> tuple[int | None, str]:
        """Return revision and state that `hosts` has of the server, under its machine id."""
        (row,) = self.machine.ok("hosts", "-o", "json").json
        assert row["machine"] == self.host.read("/etc/machine-id").strip()
        return row["revision"], row["state"]

    def serving(self) -> dict[str, Any]:
        """Return what `status` says of the server."""
        (row,) = self.machine.ok("status", "-o", "json").json["servers"]
        assert isinstance(row, dict)
        return row

    def start_deploying(self, *more: str) -> subprocess.Popen[str]:
        """Begin to deploy in a process group of its own."""
        return subprocess.Popen(
            self.machine.argv("deploy", self.environment, *more),
            env=self.machine.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=default_signals,  # a shell's background has none that interrupt
        )


def wait_for_step(deploying: subprocess.Popen[str], step: str) -> None:
    """Return when a deployment says that it begins a step."""
    assert deploying.stderr is not None
    lines = []
    for line in deploying.stderr:
        lines.append(line)
        if line.rstrip().endswith(f": {step}"):
            return
    raise AssertionError(f"it never came to {step}: {''.join(lines)}")


def ssh_of(deploying: subprocess.Popen[str]) -> int:
    """Return the number of the ssh process of a deployment."""
    for _ in until():
        done = subprocess.run(
            ["pgrep", "-P", str(deploying.pid), "-x", "ssh"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.stdout.strip():
            return int(done.stdout.split()[0])
    raise AssertionError("it has no ssh process")


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def sha256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
