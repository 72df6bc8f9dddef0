"""Hints of the gate: what is here is not what was admitted, or cannot be admitted."""

from __future__ import annotations

import shutil

from tests.first_edition.archive import unpack
from tests.hints.case import Case
from tests.hints.stores import change_store
from tests.machine import Machine


def with_a_refused_event(machine: Machine) -> None:
    """Somebody appended one with the signature of another."""
    change_store(
        machine,
        "INSERT INTO events SELECT position + 1, stream, version + 1, topic, state, "
        "zeroblob(32), signature FROM events ORDER BY position DESC LIMIT 1",
    )


def with_the_store_of_another_account(machine: Machine) -> None:
    """The newest event is another one there."""
    home = machine.home.with_name("another")
    shutil.copytree(machine.home, home, symlinks=True)
    other = Machine(home)
    other.ok("set", "local", "ports.tetra=5001")
    other.ok("backup", str(home / "store.db"))
    machine.ok("set", "local", "ports.tetra=5002")
    for file in machine.store.parent.glob("events.db*"):
        file.unlink()
    shutil.copy(home / "store.db", machine.store)


def with_another_first_event(machine: Machine) -> None:
    change_store(machine, "UPDATE events SET hash = zeroblob(32) WHERE position = 1")


def without_a_text(machine: Machine) -> None:
    """The body of local's newest text is gone."""
    change_store(
        machine,
        "DELETE FROM bodies WHERE lower(hex(digest)) = (SELECT json_extract(CAST(state AS TEXT), "
        "'$.text') FROM events WHERE stream = 'env:local' ORDER BY position DESC LIMIT 1)",
    )


def of_the_first_edition(machine: Machine) -> None:
    shutil.rmtree(machine.home)
    unpack(machine.home)


def on_a_new_account(machine: Machine) -> None:
    shutil.rmtree(machine.home / ".local")


CASES = [
    Case("`tetra-es verify` verifies all of them", "verify --since 3", on_a_new_account),
    Case(
        "`tetra-es repair` takes it, and what comes after it, out of the history",
        "promote staging",
        with_a_refused_event,
        then="promote staging",
    ),
    Case(
        "keep this copy and compare it with another one; if the one here is right, "
        "`tetra-es trust --head {} -m WHY` says so",
        "promote staging",
        with_the_store_of_another_account,
        then="record --base local@3",
    ),
    Case(
        "`tetra-es verify` looks at all of it", "promote staging", with_another_first_event, code=4
    ),
    Case(
        "run `tetra-es verify` to find out whether it was purged",
        "promote staging",
        without_a_text,
        code=4,
    ),
    Case(
        "`tetra-es upgrade` brings it to today's rules",
        "repair",
        of_the_first_edition,
        then="set local ports.tetra=5001",
    ),
]
