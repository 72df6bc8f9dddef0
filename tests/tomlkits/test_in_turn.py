"""Two colleagues with two versions of tomlkit, who promote in turn: both gates accept it all."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Final

from tests.machine import HANG, PACKAGES, Machine, Result
from tests.needs import elsewhere
from tests.tomlkits.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

OTHER: Final = os.environ.get("TETRA_ES_OTHER_PYTHON", "")
"""The interpreter of an environment with another version of tomlkit."""

pytestmark = [] if OTHER else [elsewhere("`make lowest` has two versions of tomlkit")]

REST: Final = '\n[environment]\nname = "local"\ntype = "local"\n\n[ports]\ntetra = {}\n'


def version(python: str) -> str:
    script = "import tomlkit; print(tomlkit.__version__)"
    return subprocess.check_output([python, "-c", script], text=True).strip()


def other(machine: Machine, *words: str) -> None:
    """Run a command with the other version."""
    done = subprocess.run(
        [OTHER, "-m", "tetra_es_cli", *words],
        env={**machine.environment(), "PYTHONPATH": PACKAGES},
        capture_output=True,
        check=False,
        timeout=HANG,
        cwd=machine.home,
    )
    assert Result.of(done.returncode, done.stdout, done.stderr).code == 0, (words, done.stderr)


def test_in_turn(tmp_path: Path) -> None:
    assert version(sys.executable) != version(OTHER)
    machine = Machine(tmp_path)
    machine.ok("init", machine.org, "--domain", "acme.example")
    port = 4444
    for number, (kind, text) in enumerate(KINDS.items()):
        machine.toml("local").write_bytes((text + REST.format(port)).encode())
        machine.ok("record", "-m", kind)
        other(machine, "promote", "dev")
        machine.ok("promote", "staging")
        port = 5000 + number
        other(machine, "set", "local", f"ports.tetra={port}")
        machine.ok("promote", "dev")
        other(machine, "promote", "staging")
        machine.ok("rollback", "dev")
    machine.ok("verify")
    other(machine, "verify")
    machine.ok("rebuild", "--check")
    with closing(sqlite3.connect(machine.store)) as store:
        rows = store.execute("SELECT state FROM events WHERE topic = 'environment.promoted'")
        wrote = {json.loads(state)["generator"]["tomlkit"] for (state,) in rows}
    assert wrote == {version(sys.executable), version(OTHER)}
