"""`env rm`: nothing is promoted to an environment any more; its history stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.machine import Machine


def test_it_leaves_the_manifest_and_stays_in_the_history(machine: Machine) -> None:
    manifest = machine.folder / "manifest.toml"
    text = manifest.read_text()
    several = '[\n  "local", # ours\n  "dev",\n  "staging",\n  "prod", # theirs\n]'
    manifest.write_text(text.replace('["local", "dev", "staging", "prod"]', several))
    machine.ok("env", "add", "qa", "--profile", "dev", "--after", "dev")
    assert '  "dev",\n  "qa",\n  "staging",\n' in manifest.read_text()
    machine.ok("promote", "qa")
    before = machine.last_position()
    assert "dry run" in machine.ok("env", "rm", "qa", "--dry-run").out
    assert machine.last_position() == before
    done = machine.ok("env", "rm", "@qa", "-m", "nobody tests there")
    assert done.out.startswith("edit(manifest): environments -> manifest@4")
    assert manifest.read_text() == text.replace('["local", "dev", "staging", "prod"]', several)
    assert "unknown environment: qa" in machine.fails(2, "promote", "qa").error()
    assert machine.ok("get", "qa", "environment.name").out == "qa\n"
    assert machine.history("qa")
    assert machine.ok("validate").out == "nothing is wrong\n"
    machine.ok("verify")
    machine.ok("env", "add", "qa", "--profile", "dev")
    machine.ok("set", "local", "ports.tetra=5")
    assert "qa@2" in machine.ok("promote", "qa").out


def test_it_is_no_longer_among_the_environments(machine: Machine) -> None:
    machine.ok("promote", "dev")
    before = machine.last_position()
    machine.ok("env", "rm", "dev")
    machine.ok("set", "local", "ports.tetra=5")  # which dev is not behind of
    names = ["local", "staging", "prod"]
    rows = machine.ok("env", "list", "-o", "json").json
    assert [row["environment"] for row in rows] == names
    status = machine.ok("status", "-o", "json").json
    assert [row["environment"] for row in status["environments"]] == names
    assert status["removed"] == [{"environment": "dev", "revision": 1, "event": before}]
    out = machine.ok("status").out
    assert f"not in the manifest any more: dev (dev@1, #{before})\n" in out
    then = machine.ok("status", "--at", str(before), "-o", "json").json
    assert [row["environment"] for row in then["environments"]] == ["local", "dev", *names[1:]]
    assert then["removed"] == []


def test_what_cannot_be_removed(machine: Machine) -> None:
    assert "source of truth" in machine.fails(3, "env", "rm", "local").error()
    failed = machine.fails(2, "env", "rm", "dve")
    assert failed.error() == "unknown environment: dve"
    assert failed.hint().startswith("did you mean dev?")
