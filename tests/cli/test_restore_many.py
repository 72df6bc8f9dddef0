"""`restore` from a clone of hundreds of events: all is as it was, and goes on."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.first_edition.archive import STAND_IN, machine_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

EVENTS = 300


@pytest.fixture
def lived(tmp_path: Path) -> Machine:
    """An organization of 300 events with secrets, deployments, rollbacks and a purge."""
    assert STAND_IN.is_file()
    machine = machine_in(tmp_path / "lived" / "home")
    machine.home.mkdir(parents=True)
    machine.ok("init", machine.org, "--domain", "acme.example")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("promote", "dev")
    for number in range(3):
        machine.ok("secret", "set", "dev", "TOKEN", stdin=f"value {number}")
    machine.ok("set", "profile", "dev", 'deployment.hosts=["web-1"]')
    machine.ok("promote", "dev")
    machine.ok("deploy", "dev", "--create-user")
    number = 0
    while machine.last_position() < EVENTS - 3:
        number += 1
        machine.ok("set", "local", f"ports.tetra={5000 + number}")
        if number % 10 == 0:
            machine.ok("promote", "dev")
        if number % 30 == 0:
            machine.ok("rollback", "dev")
            machine.ok("secret", "set", "dev", "TOKEN", stdin=f"later {number}")
    machine.ok("secret", "purge", "dev", "TOKEN", "--version", "1", "-m", "leaked")
    while machine.last_position() < EVENTS:
        machine.ok("secret", "set", "dev", f"KEY_{machine.last_position()}", stdin="x")
    return machine


@LONG_TAIL
def test_a_clone_of_many_events(lived: Machine, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(lived.mirror), str(clone)], check=True)
    before = lived.history("-n", "1000", "--steps")
    commits = lived.git("log", "--format=%H %s", "main")
    token = lived.ok("secret", "get", "dev", "TOKEN").out
    assert sum(1 + len(row.get("steps", ())) for row in before) == EVENTS
    assert {"deployment.started", "secret.purged", "environment.rolled_back"} <= {
        row["type"] for row in before
    }
    other = machine_in(tmp_path / "other" / "home")
    shutil.copytree(lived.home / ".config", other.home / ".config")
    other.ok("restore", "--from", str(clone))
    assert other.history("-n", "1000", "--steps") == before
    assert other.git("log", "--format=%H %s", "main") == commits
    assert "verified 300 events" in other.ok("verify").out
    assert other.ok("secret", "get", "dev", "TOKEN").out == token
    other.ok("set", "local", "ports.tetra=7777")
    other.ok("promote", "dev")
    assert "7777" in other.ok("show", "dev").out
    other.ok("rollback", "dev")
    assert "7777" not in other.ok("show", "dev").out
    other.ok("secret", "set", "dev", "TOKEN", stdin="new")
    assert "verified" in other.ok("verify").out
