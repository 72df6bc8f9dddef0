"""Whatever a signer records by other means, every command goes on, and all agree on it."""

from __future__ import annotations

from random import Random
from shutil import rmtree
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_void import METADATA, TIME
from tests.conformance.builder import VectorBuilder
from tests.conftest import Machine
from tests.examples import LONG_TAIL
from tests.gate.histories import MANIFEST
from tests.integrity.hostile import OLD, Odd, made_up, record
from tests.integrity.looking import look
from tests.integrity.old_hostile import machine_with
from tests.verify_alone.clone import verify

if TYPE_CHECKING:
    from pathlib import Path


def goes_on(machine: Machine, odd: list[Odd], here: Path) -> None:
    """Check that nothing stops where these are in the history."""
    first = record(machine, odd)
    machine.ok("set", "local", f"ports.tetra={3000 + first}", "-m", "after it")
    machine.ok("promote", "dev")
    last = machine.last_position()
    assert machine.ok("show", "dev").out == machine.ok("show", "dev", "--at", str(last)).out
    look(machine, range(first, first + len(odd)), here)
    other = machine.copy(here / "other")
    rmtree(other.home / ".local/state/tetra-es")  # an account that sees this history first
    newest = machine.history("-n", "1")[0]
    expect = {"TETRA_EXPECT": f"{newest['event']}:{newest['hash']}"}
    found = other.ok("status", "-o", "json", env=expect).json["void"]
    assert found == machine.ok("status", "-o", "json").json["void"] != []
    assert other.history() == machine.history()


def test_an_event_without_a_time_stops_nobody(machine: Machine, tmp_path: Path) -> None:
    """In the form of the first edition an event can lack all but its metadata: it is void."""
    nothing = Odd("env:dev", "x.y", {"metadata": OLD})
    odd = Odd("env:qa", "environment.promoted", {"metadata": OLD | {"batch": "x"}, "timestamp": 5})
    first = record(machine, [nothing, odd])
    machine.ok("set", "local", "ports.tetra=3000")
    rows = machine.history("--reverse")[first - 1 :]
    assert [row["time"] for row in rows[:2]] == ["1970-01-01T00:00:00.000000Z"] * 2
    machine.ok("verify")
    for form in ("ocsf", "cef"):
        machine.ok("--tz", "Europe/Berlin", "audit", "follow", "--no-wait", "-o", form)
    machine.ok("audit", "export", str(tmp_path / "e.zip"))
    assert verify(tmp_path / "e.zip", "-o", "json").json["findings"] == []
    assert verify(machine.mirror).code == 0


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with something of most. Not to change."""
    machine = Machine(tmp_path_factory.mktemp("base"))
    machine.ok("init", "acme", "--domain", "acme.example")
    for environment in ("dev", "staging", "prod"):
        machine.ok("promote", environment)
    return machine


@LONG_TAIL
@pytest.mark.parametrize("seed", range(8))
def test_whatever_a_signer_records_stops_nobody(base: Machine, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    machine = base.copy(tmp_path / "copy")
    goes_on(machine, [made_up(random) for _ in range(12)], tmp_path)


def test_a_key_that_nobody_has_stops_nobody(machine: Machine, tmp_path: Path) -> None:
    """The text that is recorded of a signer has the form of a key, and need not be one."""
    metadata = METADATA | {"rules": 1}
    for number, key in enumerate(("ssh-ed25519 AAAA", "ssh-rsa A", "ssh-ed25519 AAAAAgECAw==")):
        fields = {"signer": f"eve{number}", "key": key, "may": None, "class_version": 2}
        state = {"timestamp": TIME, "metadata": metadata} | fields
        record(machine, [Odd("org", "signer.added", state)])
    rows = machine.ok("signer", "list", "-o", "json").json
    assert [row["fingerprint"][:7] for row in rows] == ["SHA256:", "SHA256:", "not a k", "SHA256:"]
    machine.ok("audit", "sqlite", str(tmp_path / "all.db"))
    taken = tmp_path / "checkpoint"
    taken.write_text(machine.ok("audit", "checkpoint").out)
    machine.ok("verify", "--against", str(taken))
    machine.ok("audit", "export", str(tmp_path / "e.zip"))
    assert verify(tmp_path / "e.zip", "-o", "json").json["findings"] == []
    assert verify(tmp_path / "e.zip", "--against", str(taken), "-o", "json").json["findings"] == []
    assert verify(machine.mirror).code == 0
    machine.ok("signer", "rm", "eve1")


def test_a_manifest_that_commands_refuse_stops_no_reader(tmp_path: Path) -> None:
    """The gate lets it pass: how strict a manifest is otherwise is for those who record."""
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    refused = MANIFEST.replace("acme.example", "no domain\\n")
    story.lawful(story.manifest(refused.replace("advised", "off")))
    machine = machine_with(story, tmp_path / "home")
    for words in ("status", "history", "history --graph", "findings", "secret exposure dev"):
        assert machine.run(*words.split()).code in (0, 3), words
    unknown = machine.fails(2, "history", "nope").hint()
    assert unknown == "this organization has local, dev, staging, prod"
    (found,) = machine.run("findings", "--kind", "loosened", "-o", "json").json
    assert found["what"] == "promotion.gradual was advised, and is off"
    machine.ok("audit", "sqlite", str(tmp_path / "all.db"))
    machine.ok("rebuild")
    assert "manifest.toml" in machine.fails(1, "promote", "dev").error()
    machine.ok("rollback", "manifest", "--to", "manifest@1")
    machine.ok("set", "local", "ports.tetra=3000")
    machine.ok("promote", "dev")
