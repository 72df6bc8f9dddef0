"""A purge that is cut short at any point is finished by the next command."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.crash.killing import ROUNDS, check_repaired, check_sound, count_effects, once, stored
from tests.crash.syscalls import kill_at, needs_strace
from tests.machine import Machine
from tests.purging.conftest import VALUE
from tests.purging.remains import remains

if TYPE_CHECKING:
    from pathlib import Path

PURGE = ["purge", "local", "app.entry", "-m", "leaked", "--yes"]

NEXT: list[tuple[str, ...]] = [
    ("set", "local", "resources.nofile=2000"),
    ("history", "-n", "1"),
    ("show", "local"),
    ("mirror", "add", "copy", "/nowhere"),
]

POINTS = max(3, ROUNDS // 4)
"""Where the purge is killed."""


def copy_of(machine: Machine, home: Path) -> Machine:
    shutil.copytree(machine.home, home, symlinks=True)
    return Machine(home)


def check_finished(machine: Machine, number: int) -> bool:
    """Check that after the next command the value is nowhere, or nothing happened at all."""
    machine.ok(*NEXT[number % len(NEXT)])
    purged = any(topic == "bodies.purged" for topic, _ in stored(machine).values())
    assert bool(remains(VALUE, machine)) is not purged
    check_repaired(machine)
    check_sound(machine)
    return purged


def test_at_points_of_a_purge(leaked: Machine, tmp_path: Path) -> None:
    effects = count_effects(copy_of(leaked, tmp_path / "counted"), PURGE)
    points = [effects * (2 * number + 1) // (2 * POINTS) for number in range(POINTS)]
    found = []
    for number, point in enumerate(points):
        machine = copy_of(leaked, tmp_path / f"killed{number}")
        done = once(machine, PURGE, signal.SIGKILL, point)
        assert done.code == -signal.SIGKILL, (point, done)
        found.append(check_finished(machine, number))
    assert any(found)


@needs_strace
@pytest.mark.parametrize(
    ("call", "number"),
    [("fdatasync", 1), ("fdatasync", 2), ("fdatasync", 3), ("rename", 1), ("unlinkat", 20)],
)
def test_at_system_calls_of_a_purge(leaked: Machine, call: str, number: int) -> None:
    kill_at(leaked, call, number, *PURGE)
    check_finished(leaked, number)


def test_while_somebody_reads_an_older_state(leaked: Machine) -> None:
    leaked = leaked.forked()  # a process that reads a file keeps what it closes of it open
    with closing(sqlite3.connect(leaked.store, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM events").fetchone()
        done = leaked.ok(*PURGE)
        assert "warning: another program is reading" in done.err
        other.execute("ROLLBACK")
        leaked.ok("set", "local", "resources.nofile=2000")
        assert remains(VALUE, leaked) == []
    check_sound(leaked)
