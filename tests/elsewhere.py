"""Another machine of the same person, and what a history is brought there from."""

from __future__ import annotations

import shutil

from tests.machine import Machine


def elsewhere(machine: Machine, **env: str) -> Machine:
    """Return another machine of alice's, who brought her keys."""
    home = machine.home.parent / "elsewhere"
    shutil.copytree(machine.home / ".config", home / ".config")
    return Machine(home, env=env)


def url(machine: Machine) -> str:
    """Return the address of the mirror."""
    return f"file://{machine.mirror}"


def backup(machine: Machine) -> str:
    """Return the path of a new backup."""
    path = str(machine.home / "b.db")
    machine.ok("backup", path)
    return path
