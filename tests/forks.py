"""A program `tetra-es` for shells, of which a use costs a tenth of a process of its own.

    program()        its path; the first call starts the server that does the work

The program passes its words, its environment, its folder and its three standard streams to a
server that has imported everything; a fork of that runs the command as its own process would, and
its exit code comes back. For pages and scripts with many commands. What a signal, an import or the
start of the interpreter does is not the same: see `Machine.process`.
"""

from __future__ import annotations

import atexit
import gc
import os
import pkgutil
import resource
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

LARGEST_FILE = "LARGEST_FILE"
"""The variable that says how large a file a command can make, in bytes: as if disks were full."""

_REQUEST = 1 << 17
"""The most bytes that words and environment may have; a packet may be no larger by default."""

_CLIENT = """\
import os, sys
from _socket import AF_UNIX, SCM_RIGHTS, SOCK_SEQPACKET, SOL_SOCKET, socket
parts = [os.getcwd(), str(len(sys.argv) - 2), *sys.argv[2:]]
parts += [f"{name}={value}" for name, value in os.environ.items()]
request = "\\0".join(parts).encode("utf-8", "surrogateescape")
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
server = socket(AF_UNIX, SOCK_SEQPACKET)
server.connect(sys.argv[1])
server.sendmsg([request], [(SOL_SOCKET, SCM_RIGHTS, streams)])
os._exit(int(server.recv(16)))
"""
"""Imports next to nothing, which is what it is for."""


HELD: set[str] = set()
"""The descriptors that this process holds for the server, from its first use on."""


@cache
def program() -> Path:
    """Return the path of a program that is called `tetra-es`. It works until this process ends.

    Beside it is `tetra-es-verify`, which is a process of its own.
    """
    from tests.machine import PACKAGES, ROOT

    folder = Path(tempfile.mkdtemp(prefix="forks-"))
    address, client, path = folder / "socket", folder / "client.py", folder / "tetra-es"
    client.write_text(_CLIENT)
    words = [sys.executable, "-I", "-S", str(client), str(address)]
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    path.chmod(0o755)
    verifier = folder / "tetra-es-verify"
    words = [sys.executable, "-I", str(ROOT / "cli" / "tetra_es_verify.py")]
    verifier.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    verifier.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forks", str(address)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": PACKAGES, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    server.stdout.close()
    assert server.stdin is not None
    HELD.add(str(server.stdin.fileno()))

    def end() -> None:
        assert server.stdin is not None
        server.stdin.close()
        server.wait()
        shutil.rmtree(folder)

    atexit.register(end)
    return path


def with_signal(code: int) -> int:
    """Return the exit code of `program()` as that of a process: negative after a SIGKILL."""
    return -signal.SIGKILL if code == 128 + signal.SIGKILL else code


def _serve(address: str) -> None:
    """Run what the program asks for until our standard input ends."""
    _warm_up()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(address)
    listening.listen(64)
    os.write(1, b"ready\n")
    running: dict[int, tuple[int, socket.socket]] = {}
    while True:
        ready, _, _ = select.select([0, listening.fileno(), *running], [], [])
        if 0 in ready:
            return
        for ended in running.keys() & set(ready):
            os.close(ended)
            _tell(*running.pop(ended))
        if listening.fileno() in ready:
            asking, _ = listening.accept()
            child = _start(asking, [listening.fileno(), *running, *_files(running)])
            running[os.pidfd_open(child)] = child, asking


def _files(running: dict[int, tuple[int, socket.socket]]) -> list[int]:
    return [asking.fileno() for _, asking in running.values()]


def _warm_up() -> None:
    """Import everything, and do once what a process does at its first use of something."""
    from tests.crash import effects  # noqa: F401
    from tests.faults import following  # noqa: F401
    from tests.machine import Machine

    for package in ("tetra_es", "tetra_es_projections", "tetra_es_cli"):
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    with tempfile.TemporaryDirectory(prefix="forks-") as home:
        machine = Machine(Path(home))
        machine.ok("init", machine.org, "--domain", "acme.example")
        machine.ok("set", "local", "ports.tetra=5555")
        machine.ok("promote", "dev")
        machine.ok("verify")
    gc.freeze()  # or the first collection in each fork would touch, and so copy, every object


def _start(asking: socket.socket, ours: list[int]) -> int:
    """Start a command in a fork, without the files that are ours; return its process."""
    request, streams, _, _ = socket.recv_fds(asking, _REQUEST, 3)
    if not (child := os.fork()):
        for number in (asking.fileno(), *ours):
            os.close(number)
        _become(request, streams)
    for stream in streams:
        os.close(stream)
    return child


def _tell(child: int, asking: socket.socket) -> None:
    """Say how a command ended."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with asking, suppress(BrokenPipeError):  # the program may have been killed
        asking.send(b"%d" % (code if code >= 0 else 128 - code))


def _become(request: bytes, streams: list[int]) -> NoReturn:
    """Be the command from here on."""
    from tests.crash import effects
    from tests.faults import following
    from tetra_es_cli.main import main

    folder, count, *rest = request.decode("utf-8", "surrogateescape").split("\0")
    words, variables = rest[: int(count)], rest[int(count) :]
    environment = dict(variable.split("=", 1) for variable in variables)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv[1:] = words
    sys.dont_write_bytecode = True  # it may be killed meanwhile, or have no room for all of it
    if limit := environment.get(LARGEST_FILE):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    if effects.VARIABLE in environment:
        effects.watch(environment[effects.VARIABLE])
    if address := environment.get(following.VARIABLE):
        following.wait(address)
    try:
        main()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


if __name__ == "__main__":
    _serve(sys.argv[1])
