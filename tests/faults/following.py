"""A command that begins when strace follows it.

It is a fork of `tests/forks.py`, so that no command pays for its imports, which take most of a
short command's time.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import tempfile
from typing import TYPE_CHECKING, Final

from tests.forks import with_signal
from tests.machine import HANG, NO_BYTECODE, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.machine import Machine

VARIABLE: Final = "FOLLOWED_FROM"
"""Set to the address at which a command says which process it is, and waits for an answer."""

_SET_PTRACER: Final = 0x59616D61  # prctl(2): where only parents may trace, strace may
_ANYBODY: Final = ctypes.c_ulong(-1)


def wait(address: str) -> None:
    """Say which process this is, and wait until somebody follows it."""
    ctypes.CDLL(None).prctl(_SET_PTRACER, _ANYBODY, 0, 0, 0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.connect(address)
        asking.send(b"%d" % os.getpid())
        asking.recv(1)


def run(machine: Machine, strace: Sequence[str], words: Sequence[str]) -> tuple[Result, bytes]:
    """Run a command under strace; return how it ended, and what strace said.

    Its exit code is negative where it was killed.
    """
    with (
        tempfile.TemporaryDirectory(prefix="follow-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening,
    ):
        address = f"{folder}/socket"
        listening.bind(address)
        listening.listen()
        listening.settimeout(HANG)
        with subprocess.Popen(
            machine.forked().argv(*words),
            env=machine.environment({**NO_BYTECODE, VARIABLE: address}),
            cwd=machine.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as command:
            asking, _ = listening.accept()
            with (
                asking,
                subprocess.Popen(
                    ["strace", "-f", *strace, "-p", asking.recv(16).decode()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                ) as follower,
            ):
                assert follower.stderr is not None
                said = follower.stderr.readline()  # that it follows, or why not
                asking.send(b"!")
                out, err = command.communicate(timeout=HANG)
                said += follower.stderr.read()
    return Result.of(with_signal(command.returncode), out, err), said
