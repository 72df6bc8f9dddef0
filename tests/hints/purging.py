"""Hints about values that got into TOML and are destroyed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.hints.case import Case

if TYPE_CHECKING:
    from tests.machine import Machine

VALUE = "hunter-two-9"


def with_an_old_value(machine: Machine) -> None:
    machine.ok("set", "local", f"app.entry={VALUE}")
    machine.ok("set", "local", "app.entry=changed")


def with_old_values(machine: Machine) -> None:
    with_an_old_value(machine)
    machine.ok("set", "local", "app.entry=once-more")


def with_many_old_values(machine: Machine) -> None:
    for number in range(6):
        machine.ok("set", "local", f"app.entry=value-{number}")


def with_old_values_of_a_rule(machine: Machine) -> None:
    for number in range(6):
        machine.ok("set", "profile", "dev", f"app.entry=value-{number}")


def with_a_purged_one(machine: Machine) -> None:
    with_an_old_value(machine)
    machine.ok("purge", "local", "app.entry", "-m", "it leaked", "--yes")


def with_a_copy(machine: Machine) -> None:
    with_an_old_value(machine)
    copy = machine.home / "copy.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(copy)], check=True)
    machine.ok("mirror", "add", "origin", str(copy))
    machine.ok("mirror", "push")


CASES: list[Case] = [
    Case(
        "`tetra-es history {}` lists the other states",
        "show local --at local@3",
        with_a_purged_one,
    ),
    Case(
        "`tetra-es history {} --key {}` lists what may have changed it",
        "blame local app.entry --at local@3",
        with_a_purged_one,
    ),
    Case(
        "`tetra-es history {} --changes` lists the events",
        "blame local app.nosuch --at local@3",
        with_a_purged_one,
    ),
    Case(
        "`tetra-es event {}` tells of it: commits get new ids by a purge, while positions and "
        "hashes of events stay",
        "show local --at abcdef0",
        with_a_purged_one,
    ),
    Case("say it without, with -m", f"purge -y -m {VALUE}", stdin=VALUE, options="-m why"),
    Case(
        "--at names a state that had the one to destroy: {}",
        "purge local app.entry -y -m why",
        with_old_values,
        options="--at local@3",
    ),
    *(
        Case(
            "--at names a state that had the one to destroy: {} and {} more, which `{}` lists",
            f"purge {where} app.entry -y -m why",
            before,
        )
        for where, before in (
            ("local", with_many_old_values),
            ("profile dev", with_old_values_of_a_rule),
        )
    ),
    Case(
        "name a key, as `tetra-es history` shows them, or give the value itself",
        "purge local app.nosuch -y -m why",
    ),
    Case(
        "{} still has it: `{}` replaces what is there",
        "purge local app.entry -y -m why",
        with_a_copy,
        then="mirror push",
    ),
    Case(
        "--yes answers; --dry-run shows what would be destroyed",
        "purge local app.entry -m why",
        with_an_old_value,
        options="--yes",
    ),
]
