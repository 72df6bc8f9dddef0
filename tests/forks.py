"""A program `tetra-es` for shells, of which a use costs a tenth of a process of its own.

    program()        its path; the first call starts the server that does the work

The program passes its words, its environment, its folder and its three standard streams to a
server that has imported everything; a fork of that runs the command as its own process would, and
its exit code comes back. For pages and scripts with many commands. What a signal, an import or the
start of the interpreter does is not the same: see `Machine.process`.
"""

from __future__ import annotations

import atexit
import os
import pkgutil
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

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

    def end() -> None:
        assert server.stdin is not None
        server.stdin.close()
        server.wait()
        shutil.rmtree(folder)

    atexit.register(end)
    return path


def _serve(address: str) -> None:
    """Run what the program asks for until our standard input ends."""
    for package in ("tetra_es", "tetra_es_projections", "tetra_es_cli"):
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(address)
    listening.listen(64)
    os.write(1, b"ready\n")
    children = set[int]()
    while True:
        ready, _, _ = select.select([0, listening.fileno()], [], [])
        if 0 in ready:
            return
        asking, _ = listening.accept()
        if child := os.fork():
            children.add(child)
            asking.close()
            children -= {each for each in children if os.waitpid(each, os.WNOHANG)[0]}
        else:
            listening.close()
            _answer(asking)


def _answer(asking: socket.socket) -> NoReturn:
    """Run one command; say how it ended."""
    request, streams, _, _ = socket.recv_fds(asking, _REQUEST, 3)
    folder, count, *rest = request.decode("utf-8", "surrogateescape").split("\0")
    words, variables = rest[: int(count)], rest[int(count) :]
    environment = dict(variable.split("=", 1) for variable in variables)
    child = os.fork()
    if not child:
        asking.close()
        _become(words, environment, folder, streams)
    for stream in streams:
        os.close(stream)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    asking.send(b"%d" % (code if code >= 0 else 128 - code))
    os._exit(0)


def _become(
    words: list[str], environment: dict[str, str], folder: str, streams: list[int]
) -> NoReturn:
    """Be the command from here on."""
    from tetra_es_cli.main import main

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv[1:] = words
    try:
        main()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


if __name__ == "__main__":
    _serve(sys.argv[1])
