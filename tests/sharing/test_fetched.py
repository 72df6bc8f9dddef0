"""Where what is fetched lies while a command runs, and what a killed one leaves of it."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine
    from tests.sharing.people import Team


def folder_of(machine: Machine) -> Path:
    """Return the folder that it is in, in the state folder."""
    (note,) = (machine.home / ".local" / "state").rglob("shared.json")
    return note.parent / "fetched"


def test_what_a_killed_command_left_is_removed(team: Team) -> None:
    folder = folder_of(team.bob)
    left, used = (folder / f"tetra-es-fetched-{name}" for name in ("left", "used"))
    for each in (left, used):
        (each / "objects" / "pack").mkdir(parents=True)
    held = os.open(used, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    team.bob.ok("pull")
    assert list(folder.iterdir()) == [used]
    os.close(held)
    team.bob.ok("set", "local", "app.x=1")
    assert list(folder.iterdir()) == []
