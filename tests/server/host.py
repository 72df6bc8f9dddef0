"""A server to deploy to: systemd as process 1, sshd, a disk that can be full, a power switch.

What a test sees of it is what a person at a server's console sees. `run` enters the host's
namespaces without sshd and without the tool under test, so that a host whose network or disk is
broken can still be asked what it does.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.machine import HANG
from tests.server import leftovers, tree
from tests.server.keys import HostKeys
from tests.server.processes import children, leader, until
from tests.server.requirements import NAMESPACES

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
APP = Path(__file__).parent / "app"


class HostFailed(Exception):
    """The host does not do what a server does: the test cannot be done."""


class Host:
    """A throw-away host, booted by `with`, gone without a trace after it.

    `name` is its host name and the name that `ssh -F ssh_config` knows it by, as root;
    `NAME-USER` logs in as a user that `add_user` made. `content`: what another one's disk held.
    """

    def __init__(
        self,
        base: Path,
        name: str = "tetra-dev",
        size: str = "640M",
        content: Path | None = None,
    ) -> None:
        self.name = name
        self.folder, self._lock = leftovers.new_folder(base)
        with socket.create_server(("127.0.0.1", 0)) as cable:
            self.port: int = cable.getsockname()[1]
            built = tree.tree(base)
            self._power = self._switch_on(built, content or built / "root", size, cable)
        try:
            self._order("ready?")
            self._inside = children(self._power.pid)[0]
            self.disk = Path(f"/proc/{self._inside}/root{self.folder}/disk")
            self.keys = HostKeys(self.folder, name, self.port)
            self.keys.install(self.disk)
            (self.disk / "etc/hostname").write_text(f"{name}\n")
            (self.disk / "etc/hosts").write_text(f"127.0.0.1 localhost {name}\n::1 localhost\n")
        except BaseException:
            self.close()
            raise

    @property
    def ssh_config(self) -> Path:
        """The file for `ssh -F`."""
        return self.keys.config

    @property
    def leader(self) -> int | None:
        """The host's process 1 under its number here; None while the host is off."""
        return leader(self._inside)

    def __enter__(self) -> Self:
        try:
            self.boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def boot(self) -> None:
        """Switch the host on and wait until it is up."""
        self._order("on")
        self.wait_until_up()

    def cut(self) -> None:
        """Cut the power: every process of the host dies at once."""
        self._order("cut")

    def kill(self) -> None:
        """Cut the power and boot again."""
        self.cut()
        self.boot()

    def reboot(self) -> None:
        """Reboot as an administrator does, and wait until the host is up again."""
        before = self.leader
        self.run("systemctl", "--no-block", "reboot")
        self.wait_until_up(after=before)

    def wait_until_up(self, after: int | None = None) -> None:
        """Wait until systemd has started everything and sshd answers.

        `after` is the process 1 that is expected to end first, of a host that is going down.
        """
        for _ in until():
            if self.leader in {None, after}:
                continue
            state = self.run("systemctl", "is-system-running").stdout.strip()
            if state in {"running", "degraded"} and self._sshd_answers():
                return
        raise HostFailed(f"the host did not come up; its console said: {self._console()}")

    def run(self, *argv: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command as root on the host, whatever its exit code."""
        target = self.leader
        if target is None:
            raise HostFailed("the host is off")
        clean = (
            "env",
            "-i",
            "--chdir=/",
            f"PATH={PATH}",
            "HOME=/root",
            "USER=root",
            "LC_ALL=C.UTF-8",
        )
        return subprocess.run(
            ["nsenter", "--target", str(target), "--all", "--", *clean, *argv],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG,
        )

    def ok(self, *argv: str, stdin: str | None = None) -> str:
        """Run a command as root on the host, which must succeed, and return what it wrote."""
        done = self.run(*argv, stdin=stdin)
        assert done.returncode == 0, (argv, done.stdout, done.stderr)
        return done.stdout

    def read(self, path: str) -> str:
        """Return a file's text as the host sees it."""
        return self.ok("cat", "--", path)

    def write(self, path: str, text: str) -> None:
        """Write a file on the host, its folder too."""
        self.ok("mkdir", "-p", "--", str(Path(path).parent))
        self.ok("tee", "--", path, stdin=text)

    def fill_disk(self) -> None:
        """Leave not one byte on the host's disk."""
        with (self.disk / "filler").open("ab", buffering=0) as filler:
            while free := os.statvfs(filler.fileno()).f_bavail:
                size = os.fstat(filler.fileno()).st_size
                with contextlib.suppress(OSError):
                    os.posix_fallocate(filler.fileno(), size, free * 4096)

    def free_disk(self) -> None:
        """Undo `fill_disk`."""
        (self.disk / "filler").unlink(missing_ok=True)

    def save(self, path: Path) -> None:
        """Cut the power, and copy the disk for other hosts: that costs less than the way there."""
        self.ok("sync")
        self.cut()
        path.mkdir()
        subprocess.run(["cp", "-a", "--", f"{self.disk}/.", path], check=True)

    def add_user(self, name: str, home: str) -> None:
        """Add a system user with a home folder, who may log in with our key."""
        self.ok("useradd", "--system", "--create-home", "--home-dir", home, "--user-group",
                "--shell", "/bin/bash", name)  # fmt: skip
        self.keys.admit(self, name, home)

    def install_tetra(self, tetra_dir: str, tetra_src: str, user: str = "root") -> None:
        """Put there what a server has before the first deployment: Tetra and an application.

        The application is `node` on the PATH, so that the commands of the guide run unchanged.
        """
        self.ok("install", "-d", "-o", user, "-g", user, tetra_dir, tetra_src)
        self.write(f"{tetra_dir}/tetra.sh", (APP / "tetra.sh").read_text())
        self.write("/usr/local/bin/node", (APP / "node.py").read_text())
        self.ok("chmod", "755", "/usr/local/bin/node")
        self.ok("chown", f"{user}:{user}", f"{tetra_dir}/tetra.sh")

    def close(self) -> None:
        """Remove the host: its processes, its disk, its folder."""
        if self._power.stdin:
            self._power.stdin.close()
        self._power.send_signal(signal.SIGKILL)  # the kernel takes what is in the namespaces along
        self._power.wait()
        if self._power.stdout:
            self._power.stdout.close()
        leftovers.remove(self.folder)
        self._lock.close()

    def _switch_on(
        self, built: Path, content: Path, size: str, cable: socket.socket
    ) -> subprocess.Popen[str]:
        script = Path(__file__).with_name("power.py")
        # Descriptor 3 is what power.py takes the cable from.
        launch = 'exec 3<&"$1"; shift; exec "$@"'
        unshare = ("unshare", *NAMESPACES, "--fork", "--kill-child", "--mount-proc")
        program = (sys.executable, "-I", *map(str, (script, built, content, self.folder, size)))
        with (self.folder / "console.log").open("wb") as errors:
            return subprocess.Popen(
                ["bash", "-c", launch, "cable", str(cable.fileno()), *unshare, *program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                pass_fds=[cable.fileno()],
            )

    def _order(self, command: str) -> None:
        stdin, stdout = self._power.stdin, self._power.stdout
        assert stdin is not None
        assert stdout is not None
        with contextlib.suppress(BrokenPipeError):
            stdin.write(f"{command}\n")
            stdin.flush()
        ready, _, _ = select.select([stdout], [], [], HANG)
        if not ready or stdout.readline() != "ok\n":
            raise HostFailed(f"the host did not obey {command!r}; it said: {self._console()}")

    def _console(self) -> str:
        lines = (self.folder / "console.log").read_text(errors="replace").splitlines()
        return " | ".join(line.strip() for line in lines[-5:] if line.strip()) or "nothing"

    def _sshd_answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False
