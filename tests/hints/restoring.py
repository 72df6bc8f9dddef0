"""Hints of `restore` and `backup`, and those that name `restore`."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.hints.case import Case
from tests.hints.stores import cut_short

if TYPE_CHECKING:
    from tests.machine import Machine

BACKUP = "$HOME/b.db"


def backed_up(machine: Machine) -> None:
    machine.ok("backup", str(machine.home / "b.db"))


def events_gone(machine: Machine) -> None:
    backed_up(machine)
    cut_short(machine)


def without_a_guard(machine: Machine) -> None:
    backed_up(machine)
    with closing(sqlite3.connect(machine.store)) as store:
        names = store.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        store.execute(f"DROP TRIGGER {names[0][0]}")


def garbage(machine: Machine) -> None:
    backed_up(machine)
    machine.store.write_bytes(b"no database" * 1000)


def store_gone(machine: Machine) -> None:
    shutil.rmtree(machine.store.parent)


def more_in_the_mirror(machine: Machine) -> None:
    backed_up(machine)
    machine.ok("set", "local", "ports.tetra=6666")
    store_gone(machine)


def more_in_the_store(machine: Machine) -> None:
    backed_up(machine)
    machine.ok("set", "local", "ports.tetra=6666")
    shutil.rmtree(machine.mirror)


def an_empty_file(machine: Machine) -> None:
    (machine.home / "empty").touch()


def another_was_here(machine: Machine) -> None:
    """A second history was founded by mistake, and believed."""
    backed_up(machine)
    shutil.rmtree(machine.folder)
    machine.ok("init", machine.org, "-m", "by mistake")
    machine.ok("backup", str(machine.home / "mistake.db"))
    shutil.rmtree(machine.folder)
    machine.ok("restore", "--from", str(machine.home / "mistake.db"))
    shutil.rmtree(machine.folder)


RESTORE = (
    "`tetra-es restore --from FROM` takes it from a backup or a copy of the mirror; what is here "
    "is kept"
)

CASES = [
    Case(RESTORE, "verify", events_gone, fill={"FROM": BACKUP}, then="verify"),
    Case(RESTORE, "rebuild", events_gone, fill={"FROM": "$HOME/b.db"}, then="promote staging"),
    Case(RESTORE, "promote dev", without_a_guard, fill={"FROM": BACKUP}, then="verify"),
    Case(RESTORE, "status", garbage, fill={"FROM": BACKUP}, then="verify"),
    Case(RESTORE, "doctor", garbage, fill={"FROM": BACKUP}, then="verify"),
    Case("`tetra-es restore {}` makes them again", "status", store_gone, then="verify"),
    Case("`tetra-es restore {}` makes them again", "init acme", store_gone, then="verify"),
    Case(
        "`tetra-es restore {}` restores all of it",
        f"restore --from {BACKUP}",
        more_in_the_mirror,
        then="verify",
    ),
    Case(
        "`tetra-es verify` checks it, `tetra-es rebuild` builds the rest again",
        "restore --from $FOLDER/history",
    ),
    Case(
        "`{}` moves it away; the same command then restores the copy",
        f"restore --from {BACKUP}",
        more_in_the_store,
        then=f"restore --from {BACKUP}",
    ),
    Case(
        "{}; if it is right, the same command with -m WHY says so",
        f"restore --from {BACKUP}",
        another_was_here,
        options="-m 'the other one was a mistake'",
        then="verify",
    ),
    Case(
        "`tetra-es backup FILE` makes one",
        "restore --from $HOME/empty",
        an_empty_file,
        fill={"FILE": BACKUP},
        then=f"--dir $HOME/elsewhere restore --from {BACKUP}",
    ),
    Case("`{}` restores what is there", "restore $HOME/b.db", events_gone, then="verify"),
    Case(
        "`tetra-es rollback {}` gives an environment an earlier state again; a whole organization "
        "is restored --from a copy",
        "restore dev",
    ),
]
