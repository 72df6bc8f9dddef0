"""Killing a command at one of its system calls, with strace."""

from __future__ import annotations

import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Machine

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace, which kills at a system call, is not installed"
)


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
        timeout=120,
    )
    if "ptrace" in done.stderr or "PTRACE" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr.strip().splitlines()[0]}")
    # strace ends as what it traced did.
    assert done.returncode == -signal.SIGKILL, (call, number, done)
