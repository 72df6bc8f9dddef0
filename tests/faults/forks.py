"""A process that forks for each command, so that no command pays for its imports.

    python forks.py SOCKET MODULE...        import the modules, then fork for each request

A request is a JSON object of `words`, `env` and `cwd`, with three files: for the output, for
errors, and a pipe. The fork begins when something comes through the pipe: by then, strace follows
it. The answers are the number of its process, and how that ended.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LONGEST: Final = 1 << 17
"""Bytes of a request."""

_OURS: Final = ("tetra_es", "tetra_es_cli", "tetra_es_projections")
_SET_PTRACER: Final = 0x59616D61  # prctl(2): where only parents may trace, strace may
_ANYBODY: Final = ctypes.c_ulong(-1)


class Forks:
    """The process that forks, as the tests see it."""

    def __init__(self, patience: float) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(patience)
        modules = [name for name in sorted(sys.modules) if name.partition(".")[0] in _OURS]
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno()), *modules],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def run(
        self, words: Sequence[str], env: Mapping[str, str], cwd: Path, strace: Sequence[str]
    ) -> tuple[int, bytes, bytes, bytes]:
        """Run a command under strace; return its code, what it said, and what strace said.

        The code is negative where a signal ended the command.
        """
        files = [os.memfd_create(name) for name in ("out", "err")]
        waiting, begin = os.pipe()
        try:
            request = json.dumps({"words": list(words), "env": dict(env), "cwd": str(cwd)})
            socket.send_fds(self._socket, [request.encode()], [*files, waiting])
            process = int(self._socket.recv(LONGEST))
            with subprocess.Popen(
                ["strace", "-f", *strace, "-p", str(process)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            ) as follower:
                assert follower.stderr is not None
                said = follower.stderr.readline()  # that it follows, or why not
                os.write(begin, b"!")
                code = int(self._socket.recv(LONGEST))
                said += follower.stderr.read()
            out, err = (os.pread(file, os.fstat(file).st_size, 0) for file in files)
            return code, out, err, said
        finally:
            for file in (*files, waiting, begin):
                os.close(file)


def serve(requests: socket.socket) -> None:
    """Fork for each request, until there are no more."""
    while True:
        request, files, _, _ = socket.recv_fds(requests, LONGEST, 3)
        if not request:
            return
        process = os.fork()
        if not process:
            requests.close()
            run(files, **json.loads(request))
        for file in files:
            os.close(file)
        requests.send(str(process).encode())
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        requests.send(str(code).encode())


def run(files: Sequence[int], words: Sequence[str], env: Mapping[str, str], cwd: str) -> NoReturn:
    """Be the command, once somebody says so."""
    from tetra_es_cli.main import main

    out, err, waiting = files
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    for number, file in enumerate((out, err), start=1):
        os.dup2(file, number)
        os.close(file)
    ctypes.CDLL(None).prctl(_SET_PTRACER, _ANYBODY, 0, 0, 0)
    os.read(waiting, 1)
    os.close(waiting)
    sys.argv = ["tetra-es", *words]
    main(words)


if __name__ == "__main__":
    for name in sys.argv[2:]:
        with suppress(ImportError):  # of what another system has
            importlib.import_module(name)
    serve(socket.socket(fileno=int(sys.argv[1])))
