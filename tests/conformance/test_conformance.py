"""The vectors are what their stories say, cover the rules, and the gate says what they expect."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.conformance import make
from tests.conformance.builder import outcome, result
from tests.conformance.stores import fits_a_store, write_store
from tests.conformance.vectors import FOLDER, NAMES, SUPERSEDED, Expected, load
from tests.examples import some
from tetra_es.gate.gate import Gate
from tetra_es.gate.verdicts import Reason, Rejected
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from pathlib import Path

STORED = [name for name in NAMES if fits_a_store(load(name))]


@pytest.mark.parametrize("name", NAMES)
def test_the_gate(name: str) -> None:
    vector = load(name)
    log = vector.log()
    gate = Gate(log)
    assert outcome(gate.admit(log.records()), vector.records) == vector.expected
    assert result(gate) == vector.result


@pytest.mark.parametrize("name", some(STORED, 20))
def test_the_gate_over_a_store(tmp_path: Path, name: str) -> None:
    vector = load(name)
    write_store(vector, tmp_path / "events.db")
    with SqliteLog(tmp_path / "events.db") as log:
        found = outcome(Gate(log).admit(log.records()), vector.records)
    assert found == vector.expected


def test_every_story_has_its_file() -> None:
    assert make.names() == NAMES
    files = {f"{name}.jsonl" for name in (*NAMES, *SUPERSEDED)}
    assert {path.name for path in FOLDER.iterdir()} == files


@pytest.mark.parametrize("name", some(NAMES, 25))
def test_a_file_is_what_its_story_says(name: str) -> None:
    """Files are never edited: where this fails, what makes events, or the story, was changed."""
    make.names()
    assert (FOLDER / f"{name}.jsonl").read_text("ascii") == make.content(name)


@pytest.mark.parametrize("name", SUPERSEDED)
def test_what_is_superseded_stays_for_programs_of_then(name: str) -> None:
    content = (FOLDER / f"{name}.jsonl").read_bytes()
    assert sha256(content).hexdigest() == SUPERSEDED[name]
    vector = load(name)
    log = vector.log()
    assert outcome(Gate(log).admit(log.records()), vector.records) != vector.expected


def test_every_reason_occurs() -> None:
    found = {each.reason for name in NAMES for each in load(name).expected if each.reason}
    assert found == {str(reason) for reason in Reason}


@pytest.mark.parametrize("name", NAMES)
def test_the_name_says_the_verdict(name: str) -> None:
    vector = load(name)
    verdict, _, rest = name.partition("-")
    found = {each.verdict for each in vector.expected}
    assert vector.name == name
    assert verdict in found
    assert found <= {"valid", verdict, *(("void",) if rest == "body-void-purge" else ())} | {None}
    for expected in vector.expected:
        if expected.reason and expected.verdict != "void":
            assert Rejected(Reason(expected.reason), "").kind == expected.verdict


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("void-")])
def test_what_is_void_stops_nobody(name: str) -> None:
    """After it, a command of an honest signer records."""
    last = load(name).expected[-1]
    assert last == Expected("valid", None) or load(name).result["floor"] == 0


def test_they_are_many() -> None:
    """Of each verdict, enough to tell a program that has the rules from one that has not."""
    counts = {kind: sum(name.startswith(kind) for name in NAMES) for kind in ("valid", "void")}
    assert len(NAMES) >= 40
    assert min(counts.values()) >= 15


def test_purged_bodies_are_gone() -> None:
    for name in ("valid-purged-texts", "void-purged-gone", "refused-body-void-purge"):
        assert not any(b"hunter2" in body for body in load(name).bodies.values())
