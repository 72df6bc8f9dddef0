"""Mirrors of format 2, and of both formats, are verified by what their events give."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.conformance.vectors import NAMES, Expected, load
from tests.examples import LONG_TAIL, some
from tests.golden.mirrored import HISTORIES, Mirrored
from tests.verify_alone.clone import Clone, Commit, digest, event_path, file_of
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from tetra_es.log.record import Record


def mirror(
    path: Path, records: Sequence[Record], bodies: Mapping[bytes, bytes], void: set[int]
) -> Clone:
    """Return a mirror of events that were judged."""
    content = TreeProjector(dict, bodies.get, lambda position: position in void)
    Mirror(path, Git()).apply(list(records), content)
    return Clone(path)


@pytest.fixture(params=HISTORIES)
def golden(request: pytest.FixtureRequest) -> Mirrored:
    return Mirrored.read(str(request.param))


def test_golden_histories(golden: Mirrored, tmp_path: Path) -> None:
    done = mirror(tmp_path / "m", golden.records, golden.bodies, golden.void).verify("-o", "json")
    assert done.code == 0, done.out
    assert done.json["head"] == golden.records[-1].hash.hex()
    assert {one["event"] for one in done.json["void"]} == golden.void


@pytest.mark.parametrize("name", some(NAMES, 5))
def test_vectors(name: str, tmp_path: Path) -> None:
    vector = load(name)
    said = list(zip(vector.records, vector.expected, strict=True))[: vector.admitted]
    records = [record for record, _ in said]
    void = {record.position: one.reason for record, one in said if one.verdict == "void"}
    if not records:
        return
    kept = {digest: body for digest, body in vector.bodies.items() if digest not in gone(said)}
    done = mirror(tmp_path / "m", records, kept, set(void)).verify("-o", "json")
    assert done.code == 0, done.out
    assert {one["event"]: one["reason"] for one in done.json["void"]} == void
    assert done.json["events"] == len(records)


def gone(said: Iterable[tuple[Record, Expected]]) -> set[bytes]:
    """Return the digests of bodies that valid events purged: a vector may still have them."""
    states = [
        json.loads(record.state)
        for record, one in said
        if one.verdict == "valid" and record.topic.endswith(".purged")
    ]
    return {bytes.fromhex(digest) for state in states for digest in state["digests"]}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A mirror of the golden history of format 2 that has everything. Not to change."""
    golden, path = Mirrored.read("new"), tmp_path_factory.mktemp("everything") / "clone.git"
    return mirror(path, golden.records, golden.bodies, golden.void)


@pytest.fixture
def clone(everything: Clone, tmp_path: Path) -> Clone:
    """A copy of it."""
    return everything.copy(tmp_path / "clone.git")


def body_path(name: str) -> str:
    return f"bodies/{name[:2]}/{name}"


def find(clone: Clone, topic: str, *, void: bool = False) -> int:
    """Return the first event of a topic that is valid, or void."""
    listed = {one["event"] for one in clone.verify("-o", "json").json["void"]}
    events = enumerate(clone.events(1, len(clone.commits())), 1)
    return next(n for n, event in events if event["topic"] == topic and (n in listed) == void)


def tamper(
    clone: Clone, position: int, message: str = "", files: Mapping[str, bytes | None] | None = None
) -> str:
    """Change files of one commit, or words of its message; return what is said of it."""
    old, _, new = message.partition(" => ")

    def change(number: int, commit: Commit) -> Commit:
        if number != position:
            return commit
        assert old in commit.message
        return commit._replace(message=commit.message.replace(old, new), files=files or {})

    clone.rewrite(position, change)
    done = clone.verify()
    assert done.code == 4, done.out
    said = f"tetra-es-verify: error: verification failed: #{position}: "
    assert done.err.startswith(said)
    return done.err.removeprefix(said).removesuffix("\n")


class TestTampering:
    def test_a_body(self, clone: Clone) -> None:
        position = find(clone, "environment.promoted")
        name = clone.event(position)["state"]["rules"]
        said = tamper(clone, position, files={body_path(name): b"[]"})
        assert said == f"body {name} is not what its digest says"

    def test_a_body_that_is_gone(self, clone: Clone) -> None:
        position = find(clone, "environment.edited")
        name = clone.event(position)["state"]["changes"]
        said = tamper(clone, position, files={body_path(name): None})
        assert said == f"body {name} is missing, and no event purged it"

    @LONG_TAIL
    def test_a_body_as_if_it_was_purged(self, clone: Clone) -> None:
        position = find(clone, "environment.edited")
        name = clone.event(position)["state"]["changes"]
        tombstone = b"This was purged: its content no longer exists.\n"
        tombstone += b"The event secret.purged or bodies.purged that lists its digest tells when, "
        said = tamper(clone, position, files={body_path(name): tombstone + b"by whom and why.\n"})
        assert said == f"body {name} is missing, and no event purged it"

    def test_a_text(self, clone: Clone) -> None:
        position = find(clone, "environment.edited")
        name = clone.event(position)["state"]["text"]
        said = tamper(clone, position, files={"environments/local.toml": b"x = 1\n"})
        assert said == f"body {name} is not what its digest says"

    @LONG_TAIL
    def test_a_body_that_nobody_names(self, clone: Clone) -> None:
        position, path = find(clone, "signer.added"), body_path(digest(b"more"))
        said = tamper(clone, position, files={path: b"more"})
        assert said == f"{path} is not from any event"

    @LONG_TAIL
    def test_a_body_at_both_places(self, clone: Clone) -> None:
        position = find(clone, "environment.edited")
        name = clone.event(position)["state"]["text"]
        text = clone.git("show", f"{clone.commits()[position - 1]}:environments/local.toml") + "\n"
        assert digest(text.encode()) == name
        said = tamper(clone, position, files={body_path(name): text.encode()})
        assert said == f"{body_path(name)} is not from any event"

    def test_a_void_event_as_if_it_counted(self, clone: Clone) -> None:
        position = find(clone, "environment.promoted", void=True)
        state = clone.event(position)["state"]
        text = (
            clone.git("show", f"{clone.commits()[position - 1]}:{body_path(state['text'])}") + "\n"
        )
        path = f"environments/{state['environment']}.toml"
        said = tamper(clone, position, files={path: text.encode()})
        assert said == f"{path} is not what the events make it"

    @LONG_TAIL
    def test_a_void_event_that_is_not_called_so(self, clone: Clone) -> None:
        position = find(clone, "environment.promoted", void=True)
        said = tamper(clone, position, "\nVerdict: void => ")
        assert said == "its commit has the wrong text"

    def test_a_subject(self, clone: Clone) -> None:
        said = tamper(clone, find(clone, "environment.rolled_back"), "rollback( => undo(")
        assert said == "its commit has the wrong subject"

    @LONG_TAIL
    def test_a_signature_that_is_left_out(self, clone: Clone) -> None:
        position = find(clone, "environment.edited")
        event = clone.event(position) | {"signature": ""}
        said = tamper(clone, position, files={event_path(position): file_of(event)})
        assert said == "its signature is not valid: it is not an SSH signature"

    def test_a_purged_body_that_is_there(self, tmp_path: Path) -> None:
        golden = Mirrored.read("purged")
        clone = mirror(
            tmp_path / "m", golden.records, golden.bodies | golden.destroyed, golden.void
        )
        done = clone.verify()
        assert done.code == 4
        assert "is still there, and #" in done.err
