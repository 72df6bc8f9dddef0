"""`tetra-es serve` as people run it: a process of its own."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.conftest import default_signals
from tests.machine import HANG, copy_folder, until
from tests.needs import needs
from tests.web.test_security import contents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.machine import Machine


HANDS_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What systemd does for a unit with a socket."""


class Unix(http.client.HTTPConnection):
    """A connection to a socket file."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=HANG)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(HANG)
        self.sock.connect(self._path)


def get(
    connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    with closing(connection):
        connection.request("GET", path, headers=dict(headers or {}))
        reply = connection.getresponse()
        return reply.status, reply.read()


@contextmanager
def running(
    machine: Machine, *words: str, before: Sequence[str] = (), **env: str
) -> Iterator[subprocess.Popen[str]]:
    """Run `serve` until the end, and stop it then."""
    process = subprocess.Popen(
        [*before, *machine.argv("serve", *words)],
        env=machine.environment(env),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=machine.home,
        preexec_fn=default_signals,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(HANG)
        assert process.stderr
        process.stderr.close()


def said(process: subprocess.Popen[str]) -> str:
    """Return the first line that a service says."""
    assert process.stderr
    return process.stderr.readline()


def port_of(line: str) -> int:
    found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
    assert found, line
    return int(found[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_this_machine_until_it_is_told_to_stop(
    told: Machine, number: signal.Signals
) -> None:
    with running(told, "--port", "0") as process:
        line = said(process)
        assert line.startswith("tetra-es: serving acme at http://127.0.0.1:")
        assert line.endswith("for everybody on this machine\n")
        connection = http.client.HTTPConnection("127.0.0.1", port_of(line), timeout=HANG)
        assert get(connection, "/healthz") == (200, b"ok\n")
        process.send_signal(number)
        assert process.wait(HANG) == 0
        assert process.stderr
        rest = process.stderr.read()
        assert re.fullmatch(r'127\.0\.0\.1 - "GET /healthz" 200 3 [0-9.]+ms\n', rest), rest


def test_a_socket_file_is_of_owner_and_group(told: Machine, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with running(told, "--socket", str(path)) as process:
        assert said(process).startswith(f"tetra-es: serving acme at {path}")
        assert path.stat().st_mode & 0o777 == 0o660
        assert get(Unix(str(path)), "/healthz") == (200, b"ok\n")
        again = told.process("serve", "--socket", str(path))
        assert again.error() == f"another program listens at {path}"
        assert get(Unix(str(path)), "/healthz", {"X-Forwarded-User": "ann"})[0] == 200
    assert not path.exists()


def test_a_name_over_a_socket_file_counts_where_it_is_of_a_proxy(
    told: Machine, tmp_path: Path
) -> None:
    machine = told.copy(tmp_path / "home")
    machine.ok("history")
    path, named = str(tmp_path / "web.sock"), {"X-Forwarded-User": "ann"}
    with running(machine, "--socket", path) as process:
        said(process)
        machine.ok("serve", "token", "new", "ci")
        assert get(Unix(path), "/api/v1/head", named)[0] == 401
        machine.ok("serve", "token", "rm", "ci")
        assert get(Unix(path), "/api/v1/head")[0] == 401  # it does not open by itself
    with running(machine, "--socket", path, "--proxy", "unix") as process:
        said(process)
        assert get(Unix(path), "/api/v1/head", named)[0] == 200
        assert get(Unix(path), "/api/v1/head")[0] == 401


def test_a_socket_that_was_left_is_replaced_and_a_file_is_not(
    told: Machine, tmp_path: Path
) -> None:
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with running(told, "--socket", str(path)) as process:
        said(process)
        assert get(Unix(str(path)), "/healthz")[0] == 200
    path.write_text("mine")
    assert told.process("serve", "--socket", str(path)).error() == f"{path} is not a socket"
    assert path.read_text() == "mine"


def test_a_socket_of_systemd(told: Machine, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        number = listening.fileno()
        process = subprocess.Popen(
            [sys.executable, "-c", HANDS_OVER, str(number), *told.argv("serve")],
            env=told.environment(),
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[number],
            preexec_fn=default_signals,
        )
    assert said(process).startswith(f"tetra-es: serving acme at {path}")
    assert get(Unix(str(path)), "/healthz") == (200, b"ok\n")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=HANG)
    assert path.exists()  # it is systemd's


@needs("systemd-socket-activate")
def test_a_socket_of_systemds_own_program(told: Machine, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    names = [name for name in told.environment() if name != "PATH"]
    before = ["systemd-socket-activate", "-l", str(path), *(f"-E{name}" for name in names), "--"]
    with running(told, before=before) as process:
        until(path.exists)
        assert get(Unix(str(path)), "/healthz") == (200, b"ok\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(HANG) is not None


def test_others_are_refused_without_tokens_and_proxies(told: Machine, tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):  # noqa: S104 - refused
        done = told.process("serve", "--host", host, "--port", "0")
        assert done.code == 2
        assert "could read the history" in done.error()
        assert "serve token new" in done.hint()
    done = told.process("serve", "--host", "example.org")
    assert done.error() == "not an address: 'example.org'"
    done = told.process("serve", "--proxy", "unix", "--port", "0")
    assert (done.code, done.error()) == (2, "no proxy connects to a port by a unix socket")
    assert done.hint() == (
        "give --socket PATH with --proxy unix; or the proxy's address, such as --proxy 127.0.0.1"
    )
    done = told.process("serve", "--proxy", "127.0.0.1", "--socket", str(tmp_path / "a.sock"))
    assert done.error() == "no proxy that connects by a unix socket has an address"
    assert (done.hint(), (tmp_path / "a.sock").exists()) == ("give --proxy unix", False)
    done = told.process("serve", "--proxy", "nonsense")
    assert done.error() == "not the address of a proxy: 'nonsense'"


def test_a_port_that_is_taken(told: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = told.process("serve", "--port", port)
        assert done.error() == f"cannot listen at 127.0.0.1:{port}: Address already in use"


def test_a_token_opens_it_to_others(told: Machine, tmp_path: Path) -> None:
    machine = told.copy(tmp_path / "home")
    token = machine.ok("serve", "token", "new", "ci", "--expires", "30").out.strip()
    with running(machine, "--host", "0.0.0.0", "--port", "0") as process:  # noqa: S104
        port = int(said(process).rpartition(":")[2].rstrip("/\n"))

        def asked(**headers: str) -> int:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG)
            return get(connection, "/api/v1/head", headers)[0]

        assert asked() == 401
        assert asked(Authorization=f"Bearer {token}x") == 401
        assert asked(Authorization=f"Bearer {token}") == 200
        machine.ok("serve", "token", "rm", "ci")
        assert asked(Authorization=f"Bearer {token}") == 401
        assert asked() == 401, "it does not open when the last token is removed"
        process.send_signal(signal.SIGTERM)
        assert process.stderr
        assert token not in process.stderr.read()


def test_folders_that_cannot_be_written(told: Machine, tmp_path: Path) -> None:
    """As under `ProtectSystem=strict`: neither state nor organization can be written."""
    machine = told.copy(tmp_path / "home")
    machine.ok("history")
    folders = [path for path in [machine.home, *machine.home.rglob("*")] if path.is_dir()]
    for path in folders:
        path.chmod(0o500)
    before = contents(machine)
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    try:
        with running(machine, "--port", "0", before=drop) as process:
            port = port_of(said(process))
            for asked in ("/", "/healthz", "/api/v1/events", "/api/v1/secrets/dev"):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG)
                assert get(connection, asked)[0] == 200, asked
        assert contents(machine) == before
    finally:
        for path in folders:
            path.chmod(0o700)


def test_what_is_wrong_is_said_at_once(bare: Machine) -> None:
    done = bare.process("serve")
    assert done.code == 1
    assert "there is no organization" in done.error()
    bare.ok("init", "acme")
    state = bare.home / ".local/state/tetra-es"
    state.rename(bare.home / "elsewhere")
    done = bare.process("serve", "--port", "0")
    assert done.error() == "event #1 was not admitted on this account yet"


def test_another_version_of_the_views_is_said(told: Machine, tmp_path: Path) -> None:
    home = tmp_path / "home"
    copy_folder(told.home, home)
    machine = type(told)(home, told.org, dict(told.env))
    machine.ok("history")
    views = machine.folder / "store/views.db"
    views.write_bytes(b"not views at all" * 1000)
    done = machine.process("serve", "--port", "0")
    assert done.code == 1
    assert "views.db" in done.error()


def test_the_program_is_found(told: Machine) -> None:
    """Where the extra is installed, `serve --help` and the entry point are there."""
    assert "--socket" in told.ok("serve", "--help").out
    code = (
        "from importlib.metadata import entry_points as e; "
        "print([p.load().__name__ for p in e(group='tetra_es.interfaces', name='serve')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['run']\n"


def test_few_files(told: Machine) -> None:
    """More clients than the process may open files for: others are answered all the same."""
    before = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]
    with running(told, "--port", "0", before=before) as process, ExitStack() as idle:
        port = port_of(said(process))
        for _ in range(150):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        for path in ("/", "/api/v1/head", "/event/7"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG)
            assert get(connection, path)[0] == 200


def test_who_does_not_read_does_not_keep_it(told: Machine) -> None:
    """It ends some seconds after it is told to: systemd waits 90, then kills."""
    with running(told, "--port", "0") as process:
        port = port_of(said(process))
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", port))
            for _ in range(20):
                slow.sendall(b"GET /api/v1/evidence HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert slow.recv(8) == b"HTTP/1.1"
            process.terminate()
            assert process.wait(HANG) == 0


def test_a_folder_that_is_replaced(told: Machine, tmp_path: Path) -> None:
    """Nothing of another history is shown, and nothing has to be started again."""
    machine = told.copy(tmp_path / "home")
    machine.ok("history")
    (tmp_path / "other").mkdir()
    other = type(machine)(tmp_path / "other")
    other.ok("init", "acme")
    away = tmp_path / "away"
    with running(machine, "--port", "0") as process:
        port = port_of(said(process))

        def ask(path: str) -> tuple[int, bytes]:
            return get(http.client.HTTPConnection("127.0.0.1", port, timeout=HANG), path)

        head = ask("/api/v1/head")
        assert head[0] == 200
        machine.folder.rename(away)
        assert ask("/api/v1/head")[0] == 503
        shutil.copytree(other.folder, machine.folder)
        for path in ("/", "/api/v1/head", "/event/1", "/timeline"):
            status, body = ask(path)
            assert (status, b"#1" in body) == (503, False), path
        until(lambda: ask("/healthz") == (503, b"unavailable\n"))
        shutil.rmtree(machine.folder)
        away.rename(machine.folder)
        assert ask("/api/v1/head") == head
        until(lambda: ask("/healthz") == (200, b"ok\n"))
