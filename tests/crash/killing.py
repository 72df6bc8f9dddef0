"""Starting the loop of commands, killing it, and looking at what it left."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.crash import effects
from tests.forks import with_signal
from tests.machine import HANG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Machine

LOOP = Path(__file__).with_name("loop.py")

ROUNDS = int(os.environ.get("TETRA_ES_CRASH_ROUNDS", "4"))
"""How often a process is killed, over all tests here: 40 in CI, 200 for the long run."""

MANY = ROUNDS >= 40
"""Whether there is time for what is large, too."""

_ACKNOWLEDGED = re.compile(rb"\(#(\d+)\)\n")


def start(
    machine: Machine, commands: Sequence[Sequence[str]], *numbers: int
) -> subprocess.Popen[bytes]:
    """Start the loop and wait until it begins with the first command."""
    process = subprocess.Popen(
        [sys.executable, str(LOOP), json.dumps(commands), *map(str, numbers)],
        env=machine.environment(),
        cwd=machine.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def kill(process: subprocess.Popen[bytes], after: float) -> bytes:
    """Kill the process and all that it started; return what it had said."""
    try:
        out, err = process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    assert b"failed" not in out, err
    assert b"Traceback" not in err
    return out


class Ended(NamedTuple):
    """How a command ended, and what it had said."""

    code: int
    """Its exit code; negative where a signal ended it."""
    out: bytes
    err: bytes


def once(machine: Machine, words: Sequence[str], signum: int = 0, point: int = 0) -> Ended:
    """Run a command in a fork, with a signal at effect number `point`; see `effects`."""
    done = subprocess.run(
        machine.forked().argv(*words),
        env=machine.environment({effects.VARIABLE: f"{signum}:{point}"}),
        cwd=machine.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=HANG,
    )
    return Ended(with_signal(done.returncode), done.stdout, done.stderr)


def count_effects(machine: Machine, words: Sequence[str]) -> int:
    """Return how many effects a command has, by doing it once."""
    done = once(machine, words)
    assert done.code == 0, done
    return int(done.out.split(b"effects ")[1])


def acknowledged(out: bytes) -> list[int]:
    """Return the positions that a command said it had recorded."""
    return [int(position) for position in _ACKNOWLEDGED.findall(out)]


def stored(machine: Machine) -> dict[int, tuple[str, str]]:
    """Return position to topic and digest of what the store has."""
    with closing(sqlite3.connect(machine.store)) as store:
        return {
            position: (topic, _digest_in(json.loads(state)))
            for position, topic, state in store.execute("SELECT position, topic, state FROM events")
        }


def _digest_in(state: dict[str, str]) -> str:
    return state.get("text", state.get("digest", ""))


def commits(machine: Machine) -> list[tuple[int, str]]:
    """Return position and commit of each event, as git has them."""
    form = "--format=%(trailers:key=Event,valueonly,separator=) %H"
    lines = machine.git("log", "--reverse", form, "main").splitlines()
    return [(int(line.split()[0]), line.split()[1]) for line in lines]


def known_commits(machine: Machine) -> list[tuple[int, str]]:
    """Return position and commit of each event, as the views have them."""
    with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
        return list(views.execute("SELECT position, lower(hex(id)) FROM commits ORDER BY position"))


def check_repaired(machine: Machine) -> None:
    """Check that a command has brought everything in step, without asking for `rebuild`."""
    machine.ok("rebuild", "--check")
    assert known_commits(machine) == commits(machine)
    assert machine.git("symbolic-ref", "HEAD") == "refs/heads/main\n"
    for name in ("local", "dev"):
        if machine.toml(name).exists():
            assert machine.ok("show", name).out == machine.toml(name).read_text()


def check_sound(machine: Machine) -> None:
    """Check everything, at the end."""
    machine.ok("verify")
    assert machine.git("fsck", "--strict", "--full", "--no-dangling").strip() == ""
    leftovers = [
        path
        for path in machine.folder.rglob("*")
        if ".git" not in path.parts and (".partial" in path.name or ".kept" in path.name)
    ]
    assert leftovers == []
