"""The service as a process: its memory, and what it sees of what others record meanwhile."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.test_running import Unix, get, running, said

if TYPE_CHECKING:
    import subprocess

    from tests.machine import Machine

ROOM = 3_000
"""KiB that a process may take more after hundreds of requests."""


def memory_of(process: subprocess.Popen[str]) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def drained(process: subprocess.Popen[str]) -> None:
    """Read the log of a process until it ends: a pipe that nobody reads is full one day."""
    assert process.stderr
    stream = process.stderr
    threading.Thread(target=lambda: [*stream], daemon=True).start()


@pytest.mark.skipif(sys.platform != "linux", reason="what a process has is in /proc")
def test_memory_does_not_grow_with_requests(told: Machine, tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with running(told, "--socket", str(path)) as process:
        said(process)
        drained(process)
        taken = []
        for _ in range(2):
            for number in range(300):
                assert get(Unix(str(path)), f"/event/{1 + number % 40}")[0] == 200
            taken.append(memory_of(process))
    assert taken[1] < taken[0] + ROOM, taken


def test_each_answer_has_what_was_recorded_before_it(told: Machine, tmp_path: Path) -> None:
    """While files are kept open from one answer to the next."""
    machine = told.copy(tmp_path / "home")
    machine.ok("history")
    path = tmp_path / "web.sock"
    with running(machine, "--socket", str(path)) as process:
        said(process)
        drained(process)
        for turn in range(5):
            recorded = machine.forked().ok("set", "local", f"turn.number={turn}", "-m", "again")
            assert recorded.code == 0
            status, body = get(Unix(str(path)), "/api/v1/events?n=1")
            assert status == 200
            (row,) = json.loads(body)
            assert row["event"] == machine.forked().last_position()
            value = get(Unix(str(path)), "/api/v1/value/local?key=turn.number")
            assert value == (200, str(turn).encode()), value
        machine.forked().ok("rebuild")
        status, body = get(Unix(str(path)), "/api/v1/head")
        assert (status, json.loads(body)["event"]) == (200, machine.last_position())
