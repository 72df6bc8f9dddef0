"""A server runs a state whose text was purged: what is known of the others is answered."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.machine import Machine
from tests.purging.conftest import VALUE

if TYPE_CHECKING:
    from typing import Any

STAND_IN = Path(__file__).parents[1] / "servers" / "ssh.py"


def with_servers(founded: Path, folder: Path) -> Machine:
    machine = Machine(founded).copy(folder / "home")
    (folder / "servers").mkdir()
    words = (sys.executable, "-I", "-S", str(STAND_IN), str(folder / "servers"))
    machine.env["TETRA_ES_SSH"] = shlex.join(words)
    return machine


def running(machine: Machine, key: str) -> dict[str, Any]:
    (found,) = machine.ok("why", "dev", key, "-o", "json").json["running"]
    assert isinstance(found, dict)
    return found


def test_why_while_a_server_runs_what_was_purged(bare_founded: Path, tmp_path: Path) -> None:
    machine = with_servers(bare_founded, tmp_path)
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


def test_what_ran_while_the_manifest_was_another_that_was_purged(
    bare_founded: Path, tmp_path: Path
) -> None:
    """It says in which order environments are listed, and nothing else of these answers."""
    machine = with_servers(bare_founded, tmp_path)
    for name in ("dev", "staging"):
        machine.ok("promote", name)
        machine.ok("deploy", name, "--to", name)
    there = str(machine.last_position())
    machine.ok("set", "manifest", "domain=other.example", "-m", "the old one was a secret")
    machine.ok("promote", "dev")
    machine.ok("promote", "staging")
    questions = (
        *("hosts", "status", "search other", "search 4444 --env dev"),
        *("findings", "secret exposure @dev", "recipient list dev"),
    )
    asked = [(*each.split(), "--at", there, "-o", "json") for each in questions]
    before = [machine.run(*words) for words in asked]
    assert json.loads(before[0].out)
    machine.ok("purge", "manifest", "domain", "-m", "it was a secret", "--yes")
    for words, answer in zip(asked, before, strict=True):
        done = machine.run(*words)
        assert done.code == answer.code, done.err
        if words[0] in ("hosts", "recipient"):
            assert done.out == answer.out
        if words[0] == "status":
            names = [each["environment"] for each in answer.json["environments"]]
            kept = [each["environment"] for each in done.json["environments"]]
            assert kept == names[:-1]  # prod had no state
    done = machine.fails(3, "show", "manifest", "--at", there)
    assert done.hint() == "`tetra-es history manifest` lists the other states"
