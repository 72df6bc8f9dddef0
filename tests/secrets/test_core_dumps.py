"""A command that holds values leaves no core dump; what `run` starts may have one."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import default_signals
from tests.examples import some
from tests.machine import HANG
from tests.needs import cannot

if TYPE_CHECKING:
    from tests.secrets.canary_machine import CanaryMachine

PATTERN = Path("/proc/sys/kernel/core_pattern")


def unlimited() -> None:
    default_signals()
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def cores(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith("core")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder in which a process that aborts would leave its core."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        cannot("core dumps are limited here already")
    if "/" in PATTERN.read_text() or PATTERN.read_text().startswith("|"):
        cannot("core dumps go elsewhere here; see test_the_limits_of_a_process")
    (tmp_path / "control").mkdir()
    (tmp_path / "work").mkdir()
    abort = [sys.executable, "-c", "import os; os.abort()"]
    subprocess.run(abort, cwd=tmp_path / "control", preexec_fn=unlimited, check=False)
    if not cores(tmp_path / "control"):
        cannot("this machine makes no core dumps; see test_the_limits_of_a_process")
    return tmp_path / "work"


@pytest.mark.parametrize(
    ("command", "signum"),
    some(product(["set", "edit", "run"], [signal.SIGABRT, signal.SIGQUIT, signal.SIGSEGV]), 2),
)
def test_no_core_of_ours(guarded: CanaryMachine, folder: Path, command: str, signum: int) -> None:
    machine = guarded.machine
    guarded.set("A")
    ready = folder.parent / "ready"
    os.mkfifo(ready)
    script = str(guarded.file("wait", f"echo > {ready}; exec sleep 600"))
    words = {
        "set": ["secret", "set", "dev", "B"],
        "edit": ["secret", "edit", "dev"],
        "run": ["run", "--files", "dev", "--", "sh", script],
    }[command]
    process = subprocess.Popen(
        machine.argv(*words),
        env=machine.environment({"EDITOR": f"sh {script}", "VISUAL": ""}),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=unlimited,
    )
    if command == "set":
        assert process.stdin is not None
        process.stdin.write(guarded.canary.text.encode())
        process.stdin.flush()
        while core_limit(process.pid) != "0":
            assert process.poll() is None
    else:
        ready.read_text()
    process.send_signal(signum)
    if (command, signum) == ("run", signal.SIGQUIT):  # at a terminal it is for what `run` started
        os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(timeout=HANG) != 0
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    out, err = process.communicate(timeout=HANG)
    assert cores(folder) == []
    assert not guarded.canary.is_in(out + err)
    guarded.check_gone()


def core_limit(pid: int | str) -> str:
    """Return the soft limit of a process, as the kernel says it."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4] for line in lines if line.startswith("Max core file size"))


def test_the_limits_of_a_process(guarded: CanaryMachine) -> None:
    """While values are in the open, and of what is started then."""
    guarded.set("A")
    script = guarded.file("look", "cat /proc/$PPID/limits /proc/$$/limits")
    for words, ours, theirs in (
        (["secret", "edit", "dev"], "0", "0"),
        (["run", "--files", "dev", "--", "sh", str(script)], "0", "unlimited"),
    ):
        done = subprocess.run(
            guarded.machine.argv(*words),
            env=guarded.machine.environment({"EDITOR": f"sh {script}", "VISUAL": ""}),
            capture_output=True,
            text=True,
            preexec_fn=unlimited,
            check=True,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith("Max core")]
        assert [line.split()[4] for line in lines] == [ours, theirs]
        assert [line.split()[5] for line in lines] == ["unlimited"] * 2
    done = subprocess.run(
        guarded.machine.argv("run", "dev", "--", "cat", "/proc/self/limits"),
        env=guarded.machine.environment(),
        capture_output=True,
        text=True,
        preexec_fn=unlimited,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("Max core")]
    assert lines[0].split()[4:6] == ["unlimited", "unlimited"]


def test_a_core_of_what_run_started_is_its_own(guarded: CanaryMachine, folder: Path) -> None:
    guarded.set("A", "x")
    subprocess.run(
        guarded.machine.argv("run", "dev", "--", sys.executable, "-c", "import os; os.abort()"),
        env=guarded.machine.environment(),
        cwd=folder,
        preexec_fn=unlimited,
        check=False,
    )
    assert cores(folder)
