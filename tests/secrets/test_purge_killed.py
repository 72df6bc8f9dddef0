"""A purge that is cut short, or that others are in the way of, is finished by the next command."""

from __future__ import annotations

import re
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.crash.killing import ROUNDS, check_repaired, check_sound, count_effects, once, stored
from tests.crash.syscalls import kill_at, needs_strace
from tests.secrets.conftest import copy_of
from tests.secrets.leaks import Canary, places_with
from tetra_es.log.bodies import pack
from tetra_es.log.sqlite.engine import AppendableSqliteLog

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

NEXT: list[tuple[str, ...]] = [
    ("set", "local", "resources.nofile=2000"),
    ("history", "-n", "1"),
    ("secret", "list", "dev"),
    ("mirror", "add", "copy", "/nowhere"),
]

POINTS = max(2, ROUNDS // 8)
"""Where the purge is killed."""


def ciphertext(machine: Machine) -> Canary:
    """Return the lines of the present age file, to be looked for."""
    data = (machine.folder / "secrets/dev/A.age").read_bytes()
    lines = data.splitlines()[1:-2]
    assert len(lines) > 2
    # The store has it compressed.
    return Canary("", re.compile(b"|".join(map(re.escape, (*lines, pack(data)[20:60])))))


def set_versions(machine: Machine, count: int) -> list[Canary]:
    """Set so many versions of A and one more; return their ciphertexts."""
    found = []
    for number in range(count + 1):
        machine.ok("secret", "set", "dev", "A", stdin=f"value {number}" * 40)
        found.append(ciphertext(machine))
    return found[:-1]


def purge(number: int) -> list[str]:
    return ["secret", "purge", "dev", "A", "--version", str(number), "-m", "leaked"]


def purged(machine: Machine) -> bool:
    return any(topic == "secret.purged" for topic, _ in stored(machine).values())


def check_finished(machine: Machine, canary: Canary, number: int) -> None:
    """Check that after the next command the ciphertext is everywhere, or nowhere at all."""
    machine.ok(*NEXT[number % len(NEXT)])
    places = places_with(canary, machine)
    if purged(machine):
        assert places == []
    else:
        assert places
    check_repaired(machine)


def test_at_points_of_a_purge(vault: Machine, tmp_path: Path) -> None:
    (version,) = set_versions(vault, 1)
    effects = count_effects(copy_of(vault, tmp_path / "counted"), purge(1))
    # Some all over it, and some at the end, where the new mirror is there and not yet known.
    points = [effects * (2 * number + 1) // POINTS for number in range(POINTS // 2)]
    points += [effects - 20 - 30 * number for number in range(POINTS - len(points))]
    for number, point in enumerate(points):
        machine = copy_of(vault, tmp_path / f"killed{number}")
        done = once(machine, purge(1), signal.SIGKILL, point)
        assert done.code == -signal.SIGKILL, (point, done)
        check_finished(machine, version, number)
        check_sound(machine)


@needs_strace
@pytest.mark.parametrize(
    ("call", "number"),
    [("fdatasync", 1), ("fdatasync", 2), ("fdatasync", 3), ("rename", 1), ("unlinkat", 20)],
)
def test_at_system_calls_of_a_purge(vault: Machine, call: str, number: int) -> None:
    (version,) = set_versions(vault, 1)
    kill_at(vault, call, number, *purge(1))
    check_finished(vault, version, number)
    check_sound(vault)


def test_while_somebody_reads_an_older_state(vault: Machine) -> None:
    """SQLite keeps for them what was there, and says so; the next command makes up for it."""
    vault = vault.forked()  # a process that reads a file keeps what it closes of it open
    first, second = set_versions(vault, 2)
    with closing(sqlite3.connect(vault.store, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM events").fetchone()
        done = vault.ok(*purge(1))
        assert "warning: another program is reading" in done.err
        assert places_with(first, vault)
        other.execute("ROLLBACK")
        # The program goes on, and has the store open; it just reads nothing at the moment.
        vault.ok("set", "local", "resources.nofile=2000")
        assert places_with(first, vault) == []
        done = vault.ok(*purge(2))
        assert "warning" not in done.err
        assert places_with(second, vault) == []
    check_sound(vault)


def test_what_the_disk_does_not_take_is_told(
    vault: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, *_ = set_versions(vault, 1)
    assert places_with(old, vault) != []

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(AppendableSqliteLog, "_destroy", fail)
        done = vault.run(*purge(1))
    assert done.code == 1
    assert f"recorded as #{vault.last_position()}, but not everything" in done.error()
    assert "may still be there" in done.hint()
    assert "nothing was recorded" not in done.err
    assert purged(vault)
    vault.ok("set", "local", "resources.nofile=2000")
    assert places_with(old, vault) == []
    check_sound(vault)
