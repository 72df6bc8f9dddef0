"""`init` killed anywhere: the next `init` goes on, and every other command says that it would."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine
from tests.crash.killing import ROUNDS, check_repaired, check_sound, count_effects, once
from tests.crash.syscalls import kill_at, needs_strace
from tetra_es.errors import TetraEsError
from tetra_es.log.sqlite.engine import create
from tetra_es.store.history import History
from tetra_es.store.schema import APPLICATION_ID, CREATE, SNAPSHOTS, TRIGGERS

if TYPE_CHECKING:
    from pathlib import Path

INIT = ["init", "acme"]

POINTS = max(3, ROUNDS // 8)
"""Where it is killed, spread over all that it does."""


def tables(store: Path, *statements: str) -> None:
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in statements:
            connection.execute(statement)


MARKS = (f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 1")
LEFT = {
    "a folder": None,
    "an empty file": (),
    "a header": ("PRAGMA journal_mode = WAL",),
    "tables without the last one": (
        *(statement for statement in CREATE if SNAPSHOTS not in statement),
        *TRIGGERS,
        *MARKS,
    ),
    "tables": (*CREATE, *TRIGGERS, *MARKS),
}
"""What a killed `init` may leave: the statements that were done in the store."""


@pytest.mark.parametrize("how", LEFT)
def test_what_it_may_leave(bare: Machine, how: str) -> None:
    bare.ok("signer", "new")
    key = (bare.home / ".config/tetra-es/id_ed25519").read_bytes()
    bare.store.parent.mkdir(parents=True)
    if (statements := LEFT[how]) is not None:
        bare.store.touch()
        if statements:
            tables(bare.store, *statements)
    for command in (("show", "local"), ("set", "local", "ports.tetra=5555"), ("verify",)):
        done = bare.run(*command)
        assert (done.code, "did not finish" in done.error()) == (1, True), command
        assert "`tetra-es init acme`" in done.hint(), command
    assert not bare.mirror.exists()
    bare.ok(*INIT)
    assert (bare.home / ".config/tetra-es/id_ed25519").read_bytes() == key
    bare.ok("set", "local", "ports.tetra=5555")
    check_sound(bare)


def test_a_kill_when_the_store_has_its_name(bare: Machine) -> None:
    """The name that it was made under is left, too, and goes."""
    bare.store.parent.mkdir(parents=True)
    create(bare.store)
    partial = bare.store.with_name(f".{bare.store.name}.00aa00aa00aa00aa.partial")
    partial.hardlink_to(bare.store)
    bare.ok(*INIT)
    check_repaired(bare)
    check_sound(bare)
    assert not partial.exists()


def check_goes_on(machine: Machine) -> None:
    """Check that the next command works, or names the one that does."""
    key = machine.home / ".config/tetra-es/id_ed25519"
    before = key.read_bytes() if key.exists() else None
    founded = machine.last_position() > 0
    done = machine.run("set", "local", "ports.tetra=5555")
    if done.code:
        assert (done.code, founded) == (1, False), done
        assert "`tetra-es init acme`" in done.hint()
        machine.ok(*INIT)
        machine.ok("set", "local", "ports.tetra=5555")
    assert before in {None, key.read_bytes()}
    check_repaired(machine)
    check_sound(machine)


def test_at_points_of_an_init(bare: Machine, tmp_path: Path) -> None:
    from tests.conftest import Machine

    effects = count_effects(bare, INIT)
    for number in range(POINTS):
        home = tmp_path / f"home{number}"
        home.mkdir()
        machine = Machine(home)
        # The first third is about the store; there it is dense.
        point = 1 + int(effects * ((number + 0.5) / POINTS) ** 2)
        done = once(machine, INIT, signal.SIGKILL, point)
        assert done.code == -signal.SIGKILL, (point, done)
        check_goes_on(machine)


@needs_strace
@pytest.mark.parametrize("number", [1, 4, 5, 6, 8])
def test_when_the_store_is_made_durable(bare: Machine, number: int) -> None:
    kill_at(bare, "fdatasync", number, *INIT)
    check_goes_on(bare)


def test_what_fails_once_it_is_founded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first events are in the store: that is said."""

    def fail(_: object) -> None:
        raise TetraEsError("cannot write the pins")

    home = Machine(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(History, "take_in_founding", fail)
        done = home.run("init", "acme")
    assert done.code == 1
    assert "recorded as #1, #2, but not everything" in done.error()
    assert "cannot write the pins" in done.error()
    assert home.last_position() == 2
    home.ok("set", "local", "ports.tetra=7777")
    check_sound(home)
