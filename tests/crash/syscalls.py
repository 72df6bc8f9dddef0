"""Killing a command at one of its system calls, with strace."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

from tests.machine import HANG
from tests.needs import cannot, needs

if TYPE_CHECKING:
    from tests.conftest import Machine

needs_strace = needs("strace")


def kill_at(machine: Machine, call: str, number: int, *arguments: str) -> None:
    """Kill a command as it is about to do a system call for the `number`th time.

    Skips the test where strace may not trace.
    """
    inject = f"inject={call}:signal=KILL:when={number}"
    done = subprocess.run(
        [
            "strace",
            "-o",
            "/dev/null",
            "-e",
            f"trace={call}",
            "-e",
            inject,
            *machine.argv(*arguments),
        ],
        env=machine.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    if "ptrace" in done.stderr or "PTRACE" in done.stderr:
        cannot(f"strace may not trace: {done.stderr.strip().splitlines()[0]}")
    # strace ends as what it traced did.
    assert done.returncode == -signal.SIGKILL, (call, number, done)
