"""One event of the first edition, with any value anywhere: both gates agree, and life goes on.

Before the upgrade, signers have no limits, and rules 0 check less than later ones.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

import tetra_es_verify
from tests.conformance.builder import said
from tests.conformance.vectors import Expected
from tests.examples import LONG_TAIL
from tests.gate.histories import LOCAL, MANIFEST, NAMES
from tests.gate.old_events import HOSTILE, changed, each_kind, founded, places
from tetra_es.gate.gate import Gate
from tetra_es.gate.verdicts import Kind
from tetra_es.log.linking import link
from tetra_es.log.naming import bodies_named
from tetra_es_projections.descriptions import summary
from tetra_es_projections.mirror.rendering import render
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.builder import VectorBuilder
    from tests.gate.old_events import Place
    from tetra_es.log.linking import Draft
    from tetra_es.log.record import Record


class Beside:
    """The stand-alone judge, beside the gate of a story."""

    def __init__(self, story: VectorBuilder) -> None:
        self.story = story
        self.judge = tetra_es_verify.Judge(self._body, tuple)
        self.done = 0

    def _body(self, digest: str, _: int) -> bytes | None:
        return self.story.log.bodies.get(bytes.fromhex(digest))

    def catch_up(self) -> None:
        """Take in what was recorded."""
        for record in self.story.log.all[self.done :]:
            assert [each.kind for each in self.judge.admit(as_told(record))] == ["valid"]
        self.done = len(self.story.log.all)

    def says(self, record: Record) -> Expected:
        """Return what it says of an event that could be the next one, and forget it."""
        judge = copy.copy(self.judge)
        for name in ("facts", "_batch", "_void", "relied", "_needed"):
            setattr(judge, name, copy.copy(getattr(judge, name)))
        try:
            (found,) = judge.admit(as_told(record))
        except tetra_es_verify.Rejected as error:
            return Expected(error.kind, error.reason)
        return Expected(found.kind, found.reason or None)


def as_told(record: Record) -> tetra_es_verify.Event:
    """Return a record as the stand-alone verifier has it."""
    return tetra_es_verify.Event(*(getattr(record, name) for name in tetra_es_verify.Event._fields))


def check(story: VectorBuilder, beside: Beside, draft: Draft, place: Place, value: object) -> str:
    """Check one hostile event that bob signs; return what is said of it."""
    version = story.gate.state.versions.get(draft.stream, 0) + 1
    by_bob = changed(story.with_actor(draft, "bob"), place, value)._replace(version=version)
    (record,) = link(story.log.head, [by_bob], NAMES["bob"])
    story.log.all.append(record)
    try:
        gate = Gate(story.log, story.gate.state.copy())
        (verdict,) = gate.admit([record])
        assert said(verdict) == beside.says(record)
        if verdict.admitted:
            is_void = verdict.kind is Kind.VOID
            told = tetra_es_verify.bodies_of(as_told(record), json.loads(record.state))
            assert [digest.hex() for digest in bodies_named(record)] == told
            mirrored(story, record, is_void=is_void)
            goes_on(story, gate)
    finally:
        story.log.all.pop()
    return str(verdict.kind)


def mirrored(story: VectorBuilder, record: Record, *, is_void: bool) -> None:
    """Check that an event has a commit, and a line in the history."""
    signers = {name: each.key for name, each in story.gate.state.signers.items()}
    tree = TreeProjector(lambda: signers, story.log.body, lambda _: is_void)
    assert render(record, tree).files
    if not is_void:
        assert summary(record.event).isprintable()


def goes_on(story: VectorBuilder, gate: Gate) -> None:
    """Check that those who may sign can upgrade, and change everything that there is."""
    (name, *_) = [each for each in gate.state.signers if each in NAMES]
    story_gate, texts, length = story.gate, dict(story.texts), len(story.log.all)
    story.gate = gate
    try:
        story.lawful(story.event("organization.upgraded", "org", floor=1), by=name)
        if gate.state.environment("local").newest:
            text = LOCAL + "\n[after]\nx = 1\n"
            edited = story.local("environment.edited", text)
            (verdict,) = story.record(edited, by=name)
            # What it changed is not known here where the hostile event made another text.
            assert verdict.reason in (None, "changes"), verdict
    finally:
        story.gate, story.texts = story_gate, texts
        del story.log.all[length:]


def hostile(story: VectorBuilder) -> Iterator[tuple[Draft, list[tuple[Place, object]]]]:
    """Yield lawful events, and what could be in them instead; record each after that."""
    for draft in each_kind(story):
        found = [*places(json.loads(draft.state))]
        yield draft, [(place, value) for place in found for value in HOSTILE]
        story.old(draft)


def run(step: int) -> dict[str, int]:
    """Check each `step`-th case of each kind of event; return how many have each verdict."""
    story = founded()
    beside, count = Beside(story), dict[str, int]()
    for begin, (draft, cases) in enumerate(hostile(story)):
        beside.catch_up()
        for place, value in cases[begin % step :: step]:
            kind = check(story, beside, draft, place, value)
            count[kind] = count.get(kind, 0) + 1
    return count


def test_some_of_them() -> None:
    assert run(step=503).keys() >= {"valid", "void", "refused"}


@LONG_TAIL
def test_many_of_them() -> None:
    assert run(step=3).keys() == {"valid", "void", "refused", "unknown"}


KEY = NAMES["carol"].public_line
STOPPING: dict[str, tuple[str, dict[str, Any]]] = {
    "form": ("scan.exception_added", {"metadata": {"format": "99"}, "file": "a", "key": "b"}),
    "revision": ("manifest.edited", {"revision": 2**53 - 1, "text": MANIFEST, "changes": []}),
    "manifest": ("manifest.edited", {"revision": 2, "text": "x = 1\n", "changes": []}),
    "text": ("manifest.edited", {"revision": 2, "text": "x = [", "changes": []}),
    "changes": (
        "manifest.edited",
        {"revision": 2, "text": MANIFEST, "changes": [["a", None, "1"], ["a", None, "2"]]},
    ),
    "signer-taken": ("signer.added", {"signer": "alice", "key": KEY}),
}


@pytest.mark.parametrize("reason", STOPPING)
def test_what_would_stop_everybody(reason: str) -> None:
    """No revision could follow, no view could hold it, no commit could be made, nobody could sign.

    Each was valid once.
    """
    story = founded()
    topic, fields = STOPPING[reason]
    story.breaks(reason, story.old_event(topic, "org", **fields), by="bob", rules=0)


def test_nobody_removes_the_last_signer() -> None:
    story = founded()
    alice, bob = ({"signer": name, "key": NAMES[name].public_line} for name in ("alice", "bob"))
    story.old(story.old_event("signer.removed", "org", **alice), by="bob")
    last = story.old_event("signer.removed", "org", **bob)
    story.breaks("last-signer", last, by="bob", rules=0)
