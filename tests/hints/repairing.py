"""Hints about the repository that an organization is shared by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hints.case import Case
from tests.mirrors import commit_on, git
from tests.sharing.people import bare_repository

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine


def hub(machine: Machine) -> Path:
    return machine.home / "hub.git"


def shared(machine: Machine) -> None:
    bare_repository(hub(machine))
    machine.ok("share", str(hub(machine)))


def a_commit_by_hand(machine: Machine) -> None:
    shared(machine)
    commit_on(hub(machine), "refs/heads/main")


def a_host_that_refuses(machine: Machine) -> None:
    a_commit_by_hand(machine)
    git(hub(machine), "config", "receive.denyNonFastForwards", "true")


def a_purge_there(machine: Machine) -> None:
    shared(machine)
    git(hub(machine), "config", "receive.denyNonFastForwards", "true")
    machine.ok("set", "local", "app.entry=hunter-two-9")
    machine.ok("unset", "local", "app.entry")


def allowed(machine: Machine) -> None:
    git(hub(machine), "config", "receive.denyNonFastForwards", "false")


CASES = [
    Case(
        "`tetra-es share repair` sets it aside there, and puts the log right",
        "set local ports.tetra=5001",
        a_commit_by_hand,
        then="set local ports.tetra=5001",
    ),
    Case(
        "allow forced pushes to main there for a moment, then run it again, or `{}`",
        "share repair",
        a_host_that_refuses,
        before=allowed,
        then="set local ports.tetra=5001",
    ),
    Case(
        "allow forced pushes to main there, then `tetra-es share repair` finishes it",
        "purge local app.entry -m leaked --yes",
        a_purge_there,
        before=allowed,
        then="verify",
    ),
]
