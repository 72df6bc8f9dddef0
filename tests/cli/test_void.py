"""Events that a signer recorded by other means and that break a rule: shown, and without effect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.examples import some
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.gate.verdicts import Reason
from tetra_es.log import canonical
from tetra_es.log.linking import Draft, link
from tetra_es.log.sqlite.engine import AppendableSqliteLog
from tetra_es_projections.queries.void_rules import why_void

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Machine

METADATA = {
    "actor": "alice",
    "reason": "by other means",
    "correlation": "0123456789abcdef",
    "tool": "other/1",
    "format": "2",
    "rules": 1,
    "batch": [1, 1],
}
TIME = "2026-11-22T10:05:00.000000Z"


def sign(
    machine: Machine, stream: str, topic: str, *, bodies: Sequence[bytes] = (), **fields: Any
) -> int:
    """Append an event as a signer who does not keep to the rules; return its position."""
    key = OwnKey(machine.home / ".config/tetra-es/id_ed25519").load()
    with AppendableSqliteLog(machine.store) as log:
        head = log.head()
        version = max((each.version for each in log.of_stream(stream)), default=0) + 1
        state = canonical.encode({"timestamp": TIME, "metadata": METADATA} | fields)
        records = link(head, [Draft(stream, version, topic, state)], key)
        log.append(head, records, bodies=bodies)
    return records[0].position


VOID: dict[str, tuple[str, dict[str, Any]]] = {
    "a rule": ("signer.removed", {"signer": "nobody", "key": "ssh-ed25519 " + "A" * 68}),
    "its form": ("signer.removed", {"signer": "nobody"}),
    "its topic": ("org.renamed", {"name": "other"}),
    "an old form": ("signer.added", {"signer": "eve", "key": "x"}),
}


@pytest.mark.parametrize("how", some(VOID, 2))
def test_it_is_shown_and_changes_nothing(machine: Machine, how: str) -> None:
    topic, fields = VOID[how]
    before = machine.ok("signer", "list", "-o", "json").json
    position = sign(machine, "org", topic, **fields)
    said = machine.ok("set", "local", "ports.tetra=1").err
    assert f"event #{position} is void" in said
    row = machine.history()[1]
    assert (row["event"], row["type"], row["revision"]) == (position, topic, None)
    assert row["summary"].startswith(f"void: {topic} (")
    assert row["reason"] == "by other means"
    (found,) = machine.fails(3, "findings", "--kind", "void", "-o", "json").json
    assert (found["event"], found["subject"]) == (position, row["summary"])
    whole = machine.ok("event", str(position)).out
    assert f"void: {topic} (" in whole
    rule = machine.ok("event", str(position), "-o", "json").json["void"]
    assert found["what"] == f"changed nothing: {why_void(rule)}"
    assert f"  void         it changed nothing: {why_void(rule)}\n" in whole
    assert machine.ok("event", str(position - 1), "-o", "json").json["void"] is None
    assert f"void: #{position}" in machine.ok("status").out
    assert machine.ok("status", "-o", "json").json["void"] == [position]
    assert f"#{position} is void: " in machine.ok("verify").out
    found = machine.ok("verify", "-o", "json").json
    assert [each["event"] for each in found["void"]] == [position]
    assert machine.git("log", "--format=%s", "-1", "main~1", "--") == f"void: {topic}\n"
    assert machine.ok("signer", "list", "-o", "json").json == before
    machine.ok("promote", "dev")
    machine.ok("rebuild")
    machine.ok("verify")
    assert machine.history()[2]["summary"] == row["summary"]


def test_each_rule_is_told_in_words() -> None:
    """What an auditor reads says what was wrong, and the name that the documentation has."""
    text = (ROOT / "docs/format.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| void \|", text, re.MULTILINE)
    assert len(rows) > 20
    for rule in rows:
        assert Reason(rule)
        words = why_void(rule).removesuffix(f" (rule {rule})")
        assert words != why_void(rule), f"{rule} has no words"
        assert " " in words
    assert why_void("of-a-newer-one") == "it breaks the rule of-a-newer-one"


def test_an_event_whose_bodies_are_missing_was_never_one(machine: Machine) -> None:
    text = machine.ok("show", "local").out
    position = sign(
        machine,
        "env:local",
        "environment.edited",
        class_version=2,
        environment="local",
        revision=2,
        text="ab" * 32,
        changes="cd" * 32,
        undoes=None,
    )
    # No event purged them.
    assert "is refused" in machine.ok("status").err
    assert machine.ok("show", "local").out == text
    machine.ok("repair")
    machine.ok("set", "local", "ports.tetra=1")
    assert machine.history()[0]["event"] == position
    assert machine.history()[0]["revision"] == 2
    machine.ok("verify")


def test_one_of_a_newer_version_stops_recording(machine: Machine) -> None:
    text = machine.ok("show", "local").out
    newer = METADATA | {"rules": 99}
    sign(machine, "org", "signer.removed", metadata=newer, signer="nobody", key="x")
    assert "newer tetra-es" in machine.ok("status").err
    assert machine.ok("show", "local").out == text
    done = machine.fails(1, "set", "local", "ports.tetra=1")
    assert "upgrade tetra-es" in done.hint()
