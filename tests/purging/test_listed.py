"""Somebody who may not purge lists bodies in an event that is void; another purges them later."""

from __future__ import annotations

from shutil import rmtree
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_void import METADATA, TIME, sign
from tests.examples import some
from tests.verify_alone.bundle import Bundle, key_of
from tests.verify_alone.clone import verify
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.log import canonical
from tetra_es.log.linking import Draft, link
from tetra_es.log.sqlite.engine import AppendableSqliteLog

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

SAID: dict[str, Any] = {
    "void": lambda at: [{"position": each, "verdict": "void"} for each in range(1, at)],
    "valid": lambda at: [{"position": each, "verdict": "valid"} for each in range(1, at)],
    "nothing": lambda _: [],
}
"""What the event says of those before it."""


def with_limits(machine: Machine) -> OwnKey:
    """Add bob, a signer who may not purge; return his key."""
    env = {"XDG_CONFIG_HOME": str(machine.home / "bob")}
    line = machine.ok("signer", "new", env=env).out.strip()
    machine.ok("signer", "add", "bob", line, "--may", "promote:dev")
    return OwnKey(machine.home / "bob/tetra-es/id_ed25519")


def list_all(machine: Machine, own: OwnKey, said: str = "nothing") -> int:
    """Append an event that lists all bodies as purged, by bob; return its position."""
    key = own.load()
    with AppendableSqliteLog(machine.store) as log:
        head = log.head()
        listed = [digest.hex() for digest, _ in log.bodies()]
        fields = {"digests": listed, "named_by": SAID[said](head.position + 1)}
        state = {"timestamp": TIME, "metadata": METADATA | {"actor": "bob"}, **fields}
        version = max(each.version for each in log.of_stream("org")) + 1
        draft = Draft("org", version, "bodies.purged", canonical.encode(state))
        log.append(head, link(head, [draft], key))
    return head.position + 1


@pytest.mark.parametrize("said", some(SAID, 1))
def test_whoever_listed_it_before_stops_nobody(leaked: Machine, tmp_path: Path, said: str) -> None:
    position = list_all(leaked, with_limits(leaked), said)
    leaked.ok("purge", "local", "app.entry", "-m", "it was a password", "--yes")
    leaked.ok("set", "local", "ports.tetra=6000", "-m", "after it")
    rmtree(leaked.home / ".local/state/tetra-es")  # an account that sees this history first
    newest = leaked.history("-n", "1")
    expect = {"TETRA_EXPECT": f"{newest[0]['event']}:{newest[0]['hash']}"}
    leaked.ok("verify", env=expect)
    assert leaked.ok("status", "-o", "json", env=expect).json["void"] == [position]
    assert verify(leaked.mirror).code == 0
    leaked.ok("audit", "export", str(tmp_path / "e.zip"))
    assert verify(tmp_path / "e.zip", "-o", "json").json["findings"] == []
    leaked.ok("audit", "export", "--env", "local", str(tmp_path / "part.zip"))
    part = verify(tmp_path / "part.zip", "-o", "json")  # which cannot judge what comes after a gap
    assert (part.code, part.json["findings"]) == (3, [])


def found_in(machine: Machine, folder: Path) -> list[dict[str, Any]]:
    """Export archives of all events and of one environment; return what is said of bodies there.

    Both have to be without findings: of what comes after a gap, too.
    """
    purged: list[dict[str, Any]] = []
    for name, code, only in (("e.zip", 0, ()), ("part.zip", 3, ("--env", "local"))):
        machine.ok("audit", "export", *only, str(folder / name))
        said = verify(folder / name, "-o", "json")
        assert (said.code, said.json["findings"]) == (code, [])
        purged += said.json["purged"]
    return purged


def states(machine: Machine, topic: str) -> list[tuple[int, dict[str, Any]]]:
    """Return position and state of all events of a kind."""
    with AppendableSqliteLog(machine.store) as log:
        found = [each for each in log.records() if each.topic == topic]
    return [(each.position, canonical.decode(each.state)) for each in found]


def test_the_first_of_two_that_are_valid_purged_it(leaked: Machine, tmp_path: Path) -> None:
    leaked.ok("set", "manifest", "a.entry=abc12", "-m", "an oversight")
    leaked.ok("unset", "manifest", "a.entry", "-m", "it was a password")
    leaked.ok("purge", "manifest", "a.entry", "-m", "it was a password", "--yes")
    ((position, state),) = states(leaked, "bodies.purged")
    fields = {name: state[name] for name in ("digests", "named_by")}
    sign(leaked, "org", "bodies.purged", **fields)
    leaked.ok("set", "local", "ports.tetra=6000", "-m", "after both")
    assert leaked.ok("status", "-o", "json").json["void"] == []
    purged = found_in(leaked, tmp_path)
    assert purged
    assert {one["by"] for one in purged} == {position}
    rows = leaked.history("manifest")
    assert [row["purged"] for row in rows if row["purged"]] == [position] * 2


def test_an_event_that_names_what_is_gone_already(leaked: Machine, tmp_path: Path) -> None:
    """It is void; were it valid, the purge before it would be no reason that it has no text."""
    leaked.ok("purge", "local", "app.entry", "-m", "it was a password", "--yes")
    ((position, state),) = states(leaked, "bodies.purged")
    edits = [each for _, each in states(leaked, "environment.edited")]
    again = next(each for each in edits if each["text"] in state["digests"])
    names = again.keys() - {"timestamp", "metadata"}
    fields = {name: again[name] for name in names}
    void = sign(leaked, "env:local", "environment.edited", **fields)
    leaked.ok("set", "local", "ports.tetra=6000", "-m", "after it")
    assert leaked.ok("status", "-o", "json").json["void"] == [void]
    purged = found_in(leaked, tmp_path)
    assert {one["by"] for one in purged if one["event"] == void} == {position}
    bundle = Bundle.of(tmp_path / "part.zip")
    bundle.change(lambda manifest: manifest.update(void=[]))
    bundle.sign_again(key_of(leaked))
    done = bundle.verify(tmp_path / "forged.zip")
    said = f"#{void}: bodies/{again['changes']} is missing, and no event purged it"
    assert (done.code, said in done.out) == (4, True), done
