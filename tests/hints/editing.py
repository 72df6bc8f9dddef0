"""Hints about edits by hand that cannot be recorded as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hints.case import Case
from tests.hints.files import edited

if TYPE_CHECKING:
    from tests.machine import Machine


def recorded(machine: Machine, *texts: str) -> None:
    """Record texts of local.toml: local@2 and so on."""
    for text in texts:
        machine.toml("local").write_text(text)
        machine.ok("record")


def both_changed(machine: Machine) -> None:
    recorded(machine, "n = 1\n", "n = 2\n")
    machine.toml("local").write_text("n = 3\n")


def both_changed_around_an_array(machine: Machine) -> None:
    recorded(machine, "n = 1\n[[r]]\na = 1\n", "n = 2\n[[r]]\nb = 1\n[[r]]\na = 1\n")
    machine.toml("local").write_text("n = 3\n[[r]]\na = 1\n")


def set_meanwhile(machine: Machine) -> None:
    recorded(machine, before := "x = 1\ny = 2\n")
    machine.ok("set", "local", "x=2")
    machine.toml("local").write_text(before)


def of_an_unknown_revision(machine: Machine) -> None:
    edited(machine)
    for path in (*machine.home.rglob("bases/*.json"), *machine.store.parent.glob("views.db*")):
        path.unlink()


def set_twice(machine: Machine) -> None:
    machine.ok("set", "local", "x=1")
    machine.ok("set", "local", "x=2")


def a_value_and_a_table(machine: Machine) -> None:
    for words in (("set", "local", "x.y=1"), ("unset", "local", "x"), ("set", "local", "x=2")):
        machine.ok(*words)


CASES = [
    Case(
        "`tetra-es diff {}@{} {}` shows what differs; a table above takes more of it along",
        "rollback local --path x.y --to local@3",
        a_value_and_a_table,
    ),
    Case("`tetra-es show {}` prints what is there now", "undo 1"),
    Case(
        "`tetra-es history local` lists the edits of local; environments are rolled back",
        "undo dev@1",
    ),
    Case(
        "`tetra-es undo {}` takes that back, and then this can be",
        "undo local@3",
        set_twice,
        then="undo local@3",
    ),
    Case("{}`tetra-es show {}` shows the keys", "rollback local --path portz --to local@1"),
    Case(
        "`tetra-es history {} --key {}` lists its values",
        "rollback local --path system --to local@1",
    ),
    Case(
        "`tetra-es record {} --keep mine` takes what is in the file there, "
        "`tetra-es record {} --keep theirs` what was recorded",
        "record --base local@2",
        both_changed,
        then="promote dev",
    ),
    Case(
        "`tetra-es record {} --base {}` records the file as it is, without what was recorded "
        "since: take that over by hand before",
        "record --base local@3 --keep mine",
        both_changed_around_an_array,
    ),
    Case(
        "`tetra-es record {} --base {}` takes it back, `tetra-es record {} --base {}` keeps it and "
        "records what else was changed",
        "promote dev",
        set_meanwhile,
        then="promote dev",
    ),
    Case(
        "`tetra-es record {} --base {}` if on the newest; what is newer than the one that you "
        "name is merged",
        "promote dev",
        of_an_unknown_revision,
        then="promote dev",
    ),
    Case("`tetra-es history` lists what was recorded", "record --base local@99", edited),
]
