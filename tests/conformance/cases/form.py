"""Void whatever the topic: form, role, fields of later rules, the floor, batches."""

from __future__ import annotations

from typing import Any

from tests.conformance.builder import VectorBuilder, vector
from tests.gate.histories import MANIFEST, REQUIRED


@vector("void-topic", "There is no such topic.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.breaks("topic", story.event("no.such", "org"))
    return story


@vector("void-form", "A field is missing, unknown, of another type; the stream is another one.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.breaks("form", story.event("signer.removed", "org", signer="bob"))
    story.breaks("form", story.signer_added("bob", more=1))
    story.breaks("form", story.signer_added("bob", key=5))
    story.breaks("form", story.signer_added("bob")._replace(stream="env:dev"))
    return story


@vector("void-form-odd", "Fields have fractions, very large numbers, and 100 levels of lists.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    odd = [0.5, -1e-7, 5e-324, 1e21, 1.7976931348623157e308, 123456.789, 0.000001, "\u2028\x7f"]
    story.breaks("form", story.signer_added("bob", more={"\uffff": odd, "\U0001f600": odd}))
    levels: list[Any] = []
    for _ in range(98):  # with the one that is there, and the state itself, that is 100
        levels = [levels]
    story.breaks("form", story.signer_added("bob", more=levels))
    story.lawful(story.signer_added("bob"))
    return story


@vector("void-form-old", "An event of rules 1 has the form of the first edition.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    old: dict[str, Any] = {"revision": 2, "text": REQUIRED, "changes": []}
    story.breaks("form", story.event("manifest.edited", "org", **old))
    return story


@vector("void-unused", "A topic, a field and metadata that a later rule set uses.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    moved: dict[str, Any] = {"address": "git@git.acme.example:acme.git", "before": None}
    story.breaks("unused", story.event("log.moved", "org", **moved))
    story.breaks("unused", story.manifest(REQUIRED, undoes=1))
    change = {"change": "5f0c1e9b2a7d4c36"}
    story.breaks("unused", story.manifest(REQUIRED, metadata=change))
    return story


@vector("void-unused-1", "Under rules 1: what came with rules 2.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.promoted("dev"))
    story.breaks("unused", story.operation("stopped"))
    story.breaks("unused", story.begun("0", machine="3f" * 16))
    story.breaks("unused", story.begun("0", code={"commit": "ab" * 20, "dirty": False}))
    story.lawful(story.begun("0"))
    story.breaks("unused", story.ended("0", observed=True))
    story.lawful(story.ended("0"))
    return story


@vector("void-unused-2", "Under rules 2: a topic, a field and metadata that no rule set uses yet.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    moved: dict[str, Any] = {"address": "git@git.acme.example:acme.git", "before": None}
    story.breaks("unused", story.event("log.moved", "org", **moved), rules=2)
    story.breaks("unused", story.manifest(REQUIRED, undoes=1), rules=2)
    change = {"change": "5f0c1e9b2a7d4c36"}
    story.breaks("unused", story.manifest(REQUIRED, metadata=change), rules=2)
    story.breaks("form", story.operation("stopped", more=1), rules=2)
    story.lawful(story.signer_added("bob", ["deploy:staging"]), rules=2)
    story.breaks("role", story.operation("stopped"), by="bob", rules=2)
    story.lawful(story.manifest(REQUIRED), rules=2)
    return story


@vector("void-unused-3", "Under rules 3: a topic and metadata that no rule set uses yet.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    held: dict[str, Any] = {"environment": "dev", "source_revision": 1, "of_position": 2}
    story.breaks("unused", story.event("hold.set", "env:dev", **held), rules=3)
    change = {"change": "5f0c1e9b2a7d4c36"}
    story.breaks("unused", story.manifest(REQUIRED, metadata=change), rules=3)
    again = {"position": 2, "hash": "ab" * 32, "timestamp": "2026-11-22T10:00:00.000000Z"}
    metadata = {"rerecorded_from": again}
    story.breaks("unused", story.manifest(REQUIRED, metadata=metadata), rules=2)
    story.lawful(story.manifest(REQUIRED, metadata=metadata), rules=3)
    return story


@vector("void-floor-old-form", "An event of the first edition, in an organization of rules 1.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    draft = story.old_event("scan.exception_added", "org", file="local", key="a.b")
    story.breaks("floor", draft, rules=0)
    return story


@vector("void-role", "Limited signers record what they may not.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob", ["promote:dev", "rollback:staging"]))
    story.lawful(story.promoted("dev"))
    story.lawful(story.edited("[x]\ny = 1"))
    story.lawful(story.promoted("dev"), by="bob")
    story.breaks("role", story.promoted("staging"), by="bob")
    story.breaks("role", story.rolled_back("dev", 1), by="bob")
    story.breaks("role", story.edited("[z]\nz = 1"), by="bob")
    story.breaks("role", story.manifest(REQUIRED), by="bob")
    story.breaks("role", story.recipient_added("dev"), by="bob")
    story.breaks("role", story.signer_added("carol"), by="bob")
    return story


@vector("void-role-own-limits", "A limited signer lifts the own limits, and uses it in the batch.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("bob", ["edit:local"]))
    drafts = (story.signer_removed("bob"), story.signer_added("bob"), story.manifest(REQUIRED))
    story.breaks("role", *drafts, by="bob")
    return story


@vector("void-role-next-batch", "Limits that a batch takes on count from the next one.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.lawful(story.signer_added("carol"))
    story.lawful(
        story.signer_removed("alice"),
        story.signer_added("alice", ["edit:local"]),
        story.manifest(REQUIRED),
    )
    story.breaks("role", story.manifest(MANIFEST))
    return story


@vector("void-batch", "One void event makes its whole batch void.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    drafts = (
        story.signer_added("bob"),
        story.recipient_added("dev"),
        story.event("no.such", "org"),
        story.edited("[z]\na = 1"),
    )
    story.breaks("topic", *drafts, culprit=2)
    return story


@vector("void-founded-again", "A second founding.")
def _() -> VectorBuilder:
    story = VectorBuilder()
    story.breaks("founded-again", story.created())
    return story
