"""A server runs a state whose text was purged: what is known of the others is answered."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.machine import Machine
from tests.purging.conftest import VALUE

if TYPE_CHECKING:
    from typing import Any

STAND_IN = Path(__file__).parents[1] / "servers" / "ssh.py"


def running(machine: Machine, key: str) -> dict[str, Any]:
    (found,) = machine.ok("why", "dev", key, "-o", "json").json["running"]
    assert isinstance(found, dict)
    return found


def test_why_while_a_server_runs_what_was_purged(bare_founded: Path, tmp_path: Path) -> None:
    machine = Machine(bare_founded).copy(tmp_path / "home")
    (tmp_path / "servers").mkdir()
    words = (sys.executable, "-I", "-S", str(STAND_IN), str(tmp_path / "servers"))
    machine.env["TETRA_ES_SSH"] = shlex.join(words)
    machine.ok("set", "local", f"app.entry={VALUE}", "ports.tetra=5001", "-m", "an oversight")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "app.third=7")
    machine.ok("promote", "dev")
    machine.ok("deploy", "dev", "--to", "web1")
    machine.ok("unset", "local", "app.entry")
    machine.ok("promote", "dev")
    before = {key: running(machine, key) for key in ("app.third", "ports.tetra", "system.os")}
    assert [each["value"] for each in before.values()] == ["7", "5001", '"linux"']

    machine.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")

    assert running(machine, "app.third") == before["app.third"]
    unknown = {**before["ports.tetra"], "value": None, "purged": True}
    assert running(machine, "ports.tetra") == unknown
    said = machine.ok("why", "dev", "ports.tetra").out
    assert "  deployed      web1 has a state that was purged: #" in said
