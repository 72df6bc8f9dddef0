"""Events that break a rule, or were never any, or are of a newer version, from the shared log.

They are those of the conformance vectors, which cover every reason.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization

from tests.conformance.vectors import NAMES, Vector, load
from tests.examples import LONG_TAIL, some
from tests.gate.histories import ALICE
from tests.machine import Machine
from tests.mirrors import git
from tests.sharing.people import Team
from tests.sharing.poison import commit, put, tip
from tests.verify_alone.test_format_2 import gone, mirror
from tetra_es_projections.mirror.format1 import event_file, event_path

if TYPE_CHECKING:
    from pathlib import Path

SOMEBODY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIq31rP3gOXdhITo7RXMqXYdQbJPTJ5onD62IqWNmqQM"


def named(begin: str) -> list[str]:
    """Return the vectors of a verdict that begin as organizations do today."""
    found = [name for name in NAMES if name.startswith(begin) and load(name).admitted]
    return [name for name in found if b'"rules"' in load(name).records[0].state]


def shared(vector: Vector, folder: Path) -> Team:
    """Have the admitted events of a vector shared; Alice, who signs them, has the first ones."""
    said = list(zip(vector.records, vector.expected, strict=True))[: vector.admitted]
    void = {record.position for record, one in said if one.verdict == "void"}
    kept = {digest: body for digest, body in vector.bodies.items() if digest not in gone(said)}
    hub = folder / "hub.git"
    mirror(hub, [record for record, _ in said], kept, void)
    alice = Machine(folder / "alice")
    (alice.home / ".config/tetra-es").mkdir(parents=True)
    key = alice.home / ".config/tetra-es/id_ed25519"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH)
    key.write_bytes(ALICE.private.private_bytes(*form, serialization.NoEncryption()))
    key.chmod(0o600)
    team = Team(hub, alice, alice)
    newest = tip(team)
    put(team, git(hub, "rev-list", "--reverse", "main").split()[_first(vector) - 1])
    alice.ok("clone", str(hub), "acme")
    put(team, newest)
    return team


def _first(vector: Vector) -> int:
    """Return how many events the first batch has."""
    batch = json.loads(vector.records[0].state)["metadata"].get("batch", [1, 1])
    return int(batch[1])


def pinned(machine: Machine) -> int:
    """Return how many events the account has admitted."""
    (hashes,) = (machine.home / ".local/state/tetra-es").rglob("hashes")
    return hashes.stat().st_size // 32


@pytest.mark.parametrize("name", some(named("void-"), 1))
def test_a_signed_event_that_breaks_a_rule(name: str, tmp_path: Path) -> None:
    """It is stored, listed, and changes nothing; recording goes on."""
    vector = load(name)
    alice = shared(vector, tmp_path).alice
    done = alice.ok("pull")
    assert "void and changes nothing" in done.err
    assert alice.last_position() == pinned(alice) == vector.admitted
    said = alice.ok("history", "-n", "1000").out
    assert said.count("void: ") == [one.verdict for one in vector.expected].count("void")
    alice.ok("verify")
    if vector.result["signers"].get("alice", "none") is None:  # she has no limits
        alice.ok("signer", "add", "zed", SOMEBODY)
        assert alice.last_position() == vector.admitted + 1


@pytest.mark.parametrize("name", some(named("refused-"), 1))
def test_what_was_never_an_event(name: str, tmp_path: Path) -> None:
    vector = load(name)
    team = shared(vector, tmp_path)
    good, record = tip(team), vector.records[vector.admitted]
    files = {event_path(vector.admitted + 1): event_file(record).decode()}
    put(team, commit(team, files))
    failed = team.alice.run("pull")
    assert failed.code == 4
    assert "`tetra-es share repair`" in failed.hint()
    team.alice.ok("share", "repair")
    assert team.alice.last_position() == pinned(team.alice) == vector.admitted
    assert tip(team) == good
    team.alice.ok("pull")


@LONG_TAIL
@pytest.mark.parametrize("name", some(named("unknown-"), 1))
def test_an_event_of_a_newer_version(name: str, tmp_path: Path) -> None:
    """Reading goes on, recording says what to do, and nothing takes it away."""
    vector = load(name)
    team = shared(vector, tmp_path)
    record = vector.records[vector.admitted]
    newest = put(team, commit(team, {event_path(record.position): event_file(record).decode()}))
    for words in (("set", "local", "app.x=1"), ("share", "repair"), ("pull",)):
        failed = team.alice.run(*words)
        assert failed.code == 1
        assert failed.hint() == "upgrade tetra-es"
    assert tip(team) == newest
    assert team.alice.last_position() == pinned(team.alice) == vector.admitted
    team.alice.ok("history")
