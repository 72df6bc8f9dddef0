"""The hardware of a test host: its disk, its network cable and its power switch.

Runs as process 1 of namespaces of its own (`unshare --mount --pid --net`), which is what makes the
host removable: when this process ends, as it does when the holder of its standard input dies, the
kernel ends every process in it and drops every mount. The disk is a tmpfs of a fixed size, so a
full disk is a full one, and it outlives reboots and power cuts. The cable is the listening socket
given as descriptor 3, which belongs to the machine's own network: what arrives there goes to the
host's port 22.

Commands, a line each: `on`, `cut`. The answer is `ok`, or what went wrong, on one line.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

CABLE = 3
RESTART = 133
"""What systemd-nspawn --keep-unit exits with when its system asked for a reboot."""
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
DEVICES = {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}


def mount(kind: str, where: Path, options: str) -> None:
    where.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", kind, "-o", options, kind, where], check=True)


def own_groups() -> list[Path]:
    """Return the control groups that this process is in and that systemd makes its own in."""
    places: dict[str, tuple[str, str]] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ")[:3]
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options):
            top, where = fields.split(" ")[3:5]
            places["" if kind == "cgroup2" else "name=systemd"] = (top, where)
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, name, path = line.split(":", 2)
        if name in places:
            top, where = places[name]
            found.append(Path(where) / os.path.relpath(path, top))
    return found


def join_cgroup(folder: Path) -> None:
    """Move to control groups of this host's own, which can be removed when all is over."""
    made = [group / f"tetra-es-test-{folder.name}" for group in own_groups()]
    (folder / "cgroups").write_text("".join(f"{group}\n" for group in made))
    for group in made:
        group.mkdir()
        (group / "cgroup.procs").write_text("0")


def make_devices(folder: Path) -> None:
    """Put plain device nodes in /dev: nspawn copies the machine's, which may be broken."""
    dev = folder / "dev"
    mount("tmpfs", dev, "mode=755")
    for name, minor in {**DEVICES, "tty": 0}.items():
        os.mknod(dev / name, 0o020666, os.makedev(5 if name == "tty" else 1, minor))
        (dev / name).chmod(0o666)
    mount("devpts", dev / "pts", "newinstance,ptmxmode=666,mode=620")
    (dev / "ptmx").symlink_to("pts/ptmx")
    (dev / "fd").symlink_to("/proc/self/fd")
    (dev / "shm").mkdir()
    subprocess.run(["mount", "--rbind", dev, "/dev"], check=True)


def make_disk(content: Path, folder: Path, size: str) -> None:
    mount("tmpfs", folder / "disk", f"size={size},mode=755")
    subprocess.run(["cp", "-a", "--", f"{content}/.", folder / "disk"], check=True)


def bring_up_loopback() -> None:
    with socket.socket() as any_socket:
        request = struct.pack("16sh", b"lo", IFF_UP)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)


class Supply:
    """The power supply: what is plugged in is one systemd-nspawn."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.argv = nspawn(tree, folder)
        self.console = (folder / "console.log").open("ab")
        self.plugged: int | None = None
        self.wanted = False
        """Whether a reboot is to end in a start."""
        self.switch = threading.Lock()
        self.dead = threading.Event()

    def on(self) -> None:
        if self.plugged is None:
            self.dead.clear()
            self.wanted = True
            self._start()
            threading.Thread(target=self._watch, daemon=True).start()

    def cut(self) -> None:
        if self.plugged is not None:
            with self.switch:
                self.wanted = False
                # Everything in our namespace, at once, but ourselves; nothing if it is rebooting.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(-1, signal.SIGKILL)
            self.dead.wait()

    def _start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            # As on a server, /tmp is on the disk.
            "SYSTEMD_NSPAWN_TMPFS_TMP": "0",
        }
        null = os.open(os.devnull, os.O_RDONLY)
        console = self.console.fileno()
        self.plugged = os.posix_spawn(
            self.argv[0],
            self.argv,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, null, 0),
                (os.POSIX_SPAWN_DUP2, console, 1),
                (os.POSIX_SPAWN_DUP2, console, 2),
            ],
        )
        os.close(null)

    def _watch(self) -> None:
        """Reap every process of the host; start it again if it asked for that."""
        code = 0
        while True:
            try:
                pid, status = os.wait()
            except ChildProcessError:
                with self.switch:
                    if code != RESTART or not self.wanted:
                        break
                    code = 0
                    self._start()
                continue
            if pid == self.plugged:
                code = os.waitstatus_to_exitcode(status)
        self.plugged = None
        self.dead.set()


def nspawn(tree: Path, folder: Path) -> list[str]:
    """Return the command that boots the disk, with the tree's own loader and libraries."""
    root = tree / "root"
    loader = next(iter(sorted(root.glob("lib*/ld-linux*.so*"))))
    private = next(iter(root.glob("usr/lib/*/systemd/libsystemd-shared-*.so"))).parent
    return [
        *(str(loader), "--library-path", f"{private.parent}:{private}"),
        *(str(tree / "systemd-nspawn"), "--directory", str(folder / "disk")),
        *("--boot", "--register=no", "--keep-unit", "--console=pipe", "--quiet"),
        *("--resolv-conf=off", "--timezone=off", "--link-journal=no"),
    ]


def relay() -> None:
    """Carry what arrives at the cable to the host's sshd."""
    cable = socket.socket(fileno=CABLE)
    while True:
        outer, _ = cable.accept()
        try:
            inner = socket.create_connection(("127.0.0.1", 22), timeout=5)
        except OSError:
            outer.close()
            continue
        inner.settimeout(None)
        for pair in ((outer, inner), (inner, outer)):
            threading.Thread(target=carry, args=pair, daemon=True).start()


def carry(source: socket.socket, goal: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            goal.sendall(data)
        goal.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, goal):
            end.close()


def main() -> None:
    tree, content, folder = map(Path, sys.argv[1:4])
    join_cgroup(folder)
    bring_up_loopback()
    # The content may be in /dev/shm, which is another one afterwards.
    make_disk(content, folder, sys.argv[4])
    make_devices(folder)
    threading.Thread(target=relay, daemon=True).start()
    supply = Supply(tree, folder)
    commands = {"ready?": lambda: None, "on": supply.on, "cut": supply.cut}
    for line in sys.stdin:
        commands[line.strip()]()
        sys.stdout.write("ok\n")
        sys.stdout.flush()
    supply.cut()


if __name__ == "__main__":
    main()
