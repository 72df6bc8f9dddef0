"""Events that break a rule, or were never any, or are of a newer version, from the shared log.

They are those of the conformance vectors, which cover every reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.vectors import NAMES, load
from tests.examples import some
from tests.sharing.vectors import RepositoryHub, alice_at, first_batch
from tests.verify_alone.test_format_2 import gone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine
    from tests.sharing.vectors import Hub

SOMEBODY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIq31rP3gOXdhITo7RXMqXYdQbJPTJ5onD62IqWNmqQM"


def named(begin: str) -> list[str]:
    """Return the vectors of a verdict that begin as organizations do today."""
    found = [name for name in NAMES if name.startswith(begin) and load(name).admitted]
    return [name for name in found if b'"rules"' in load(name).records[0].state]


def moves(name: str) -> bool:
    """Return whether a vector's log goes on elsewhere: nothing is recorded after that."""
    vector = load(name)
    said = zip(vector.records, vector.expected, strict=True)
    return any(record.topic == "log.moved" and one.verdict == "valid" for record, one in said)


def begins_whole(name: str) -> bool:
    """Return whether nothing of the first events was purged: they can be joined alone."""
    vector = load(name)
    begin = b"".join(record.state for record in vector.records[: first_batch(vector)])
    purged = gone(zip(vector.records, vector.expected, strict=True))
    return not any(digest.hex().encode() in begin for digest in purged)


VOID = [name for name in named("void-") if not moves(name) and begins_whole(name)]
PURGED = [name for name in named("void-") if not begins_whole(name)]


def pinned(machine: Machine) -> int:
    """Return how many events the account has admitted."""
    (hashes,) = (machine.home / ".local/state/tetra-es").rglob("hashes")
    return hashes.stat().st_size // 32


@pytest.mark.parametrize("name", some(VOID, 1))
def test_a_signed_event_that_breaks_a_rule(name: str, vector_hub: Hub) -> None:
    """It is stored, listed, and changes nothing; recording goes on."""
    vector = load(name)
    alice = vector_hub.share(vector)
    done = alice.ok("pull")
    assert "void and changes nothing" in done.err
    assert alice.last_position() == pinned(alice) == vector.admitted
    said = alice.ok("history", "-n", "1000").out
    assert said.count("void: ") == [one.verdict for one in vector.expected].count("void")
    alice.ok("verify")
    if vector.result["signers"].get("alice", "none") is None:  # she has no limits
        alice.ok("signer", "add", "zed", SOMEBODY)
        assert alice.last_position() == vector.admitted + 1


@pytest.mark.parametrize("name", PURGED)
def test_where_the_first_events_were_purged(name: str, tmp_path: Path) -> None:
    """Who comes later takes all of it at once."""
    hub = RepositoryHub(tmp_path)
    hub.fill(load(name))
    alice = alice_at(tmp_path / "late")
    alice.ok("clone", str(tmp_path / "hub.git"), "acme")
    assert "void: " in alice.ok("history").out
    alice.ok("verify")
    alice.ok("signer", "add", "zed", SOMEBODY)


@pytest.mark.parametrize("name", some(named("refused-"), 1))
def test_what_was_never_an_event(name: str, vector_hub: Hub) -> None:
    vector = load(name)
    alice, good = vector_hub.share(vector), vector_hub.newest()
    if not vector_hub.put(vector.records[vector.admitted]):
        return  # there is no room for it
    failed = alice.run("pull")
    assert failed.code == 4
    assert "`tetra-es share repair`" in failed.hint()
    alice.ok("share", "repair")
    assert alice.last_position() == pinned(alice) == vector.admitted
    assert vector_hub.newest() == good
    alice.ok("pull")


@pytest.mark.parametrize("name", some(named("unknown-"), 1))
def test_an_event_of_a_newer_version(name: str, vector_hub: Hub) -> None:
    """Reading goes on, recording says what to do, and nothing takes it away."""
    vector = load(name)
    alice = vector_hub.share(vector)
    assert vector_hub.put(vector.records[vector.admitted])
    newest = vector_hub.newest()
    for words in (("set", "local", "app.x=1"), ("share", "repair"), ("pull",)):
        failed = alice.run(*words)
        assert failed.code == 1
        assert failed.hint().startswith("upgrade tetra-es; if there is no newer one, ")
    assert vector_hub.newest() == newest
    assert alice.last_position() == pinned(alice) == vector.admitted
    alice.ok("history")
