"""Several purges list one body, and one of them is valid: what the others say is not believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tetra_es_verify
from tests.conformance.builder import VALID, VectorBuilder, outcome
from tests.conformance.vectors import Expected
from tests.gate.histories import REQUIRED, Memory
from tests.verify_alone.verdicts import judged
from tetra_es.gate.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tetra_es.log.record import Record

FIRST = [{"position": 1, "verdict": "void"}]
SECOND = [{"position": 2, "verdict": "void"}]


def agree(story: VectorBuilder) -> None:
    """Check that both gates say of a history that is seen first what was said as it grew."""
    records = story.log.all
    assert outcome(Gate(story.log).admit(records), records) == story.expected
    assert judged(records, story.log.bodies)[0] == story.expected


def test_what_is_said_of_event_1() -> None:
    """Judged by it, nothing would be an organization; so it is not believed."""
    story = VectorBuilder()
    manifest = story.gate.state.manifest
    assert manifest
    story.lawful(story.manifest(REQUIRED))
    story.lawful(story.signer_added("bob", ["promote:dev"]))
    honest = story.purged(manifest.digest)
    story.breaks("role", story.purged(manifest.digest, named_by=FIRST), by="bob")
    story.lawful(honest)
    story.destroy(manifest.digest.hex())
    assert story.expected == [VALID] * 4 + [Expected("void", "role"), VALID]
    agree(story)


def slipped() -> tuple[VectorBuilder, bytes]:
    """Return a history, and the digest of the text of its second event, which is past."""
    story = VectorBuilder()
    local = story.gate.state.environment("local").newest
    assert local
    story.lawful(story.edited("[n]"))
    return story, local.digest


def limited(story: VectorBuilder) -> None:
    """Give bob, who had none, limits."""
    story.lawful(story.signer_removed("bob"), story.signer_added("bob", ["promote:dev"]))


def test_limits_that_come_later_do_not_count_before() -> None:
    story, digest = slipped()
    story.lawful(story.signer_added("bob"))
    story.lawful(story.purged(digest), by="bob")
    limited(story)
    story.breaks("role", story.purged(digest, named_by=SECOND), by="bob")
    story.destroy(digest.hex())
    agree(story)


def test_limits_that_are_gone_do_not_count_any_more() -> None:
    story, digest = slipped()
    story.lawful(story.signer_added("bob", ["promote:dev"]))
    story.breaks("role", story.purged(digest, named_by=SECOND), by="bob")
    story.lawful(story.signer_removed("bob"), story.signer_added("bob"))
    story.lawful(story.purged(digest), by="bob")
    story.destroy(digest.hex())
    agree(story)


def test_limits_that_a_void_batch_would_give() -> None:
    """Whether such a batch is void may depend on a text that is gone."""
    story, digest = slipped()
    story.lawful(story.signer_added("bob"))
    story.lawful(story.signer_added("carol", ["promote:dev"]))
    skipped = story.local("environment.edited", "[skipped]\n", revision=9)
    drafts = (story.signer_removed("bob"), story.signer_added("bob", []), skipped)
    story.breaks("revision", *drafts, culprit=2)
    honest = story.purged(digest)
    story.breaks("role", story.purged(digest, named_by=SECOND), by="carol")
    story.lawful(honest, by="bob")
    story.destroy(digest.hex())
    agree(story)


def test_limits_that_a_void_batch_of_signers_would_take() -> None:
    story, digest = slipped()
    story.lawful(story.signer_added("bob", ["promote:dev"]))
    line = story.signer_removed("bob", key="ssh-ed25519 " + "A" * 68)
    story.breaks("signer-missing", line, story.signer_added("bob"))
    story.breaks("role", story.purged(digest, named_by=SECOND), by="bob")
    story.lawful(story.purged(digest))
    story.destroy(digest.hex())
    agree(story)


def test_limits_of_who_was_added_with_an_edit() -> None:
    story, digest = slipped()
    story.lawful(story.signer_added("bob", ["promote:dev"]), story.edited("[more]"))
    story.breaks("role", story.purged(digest, named_by=SECOND), by="bob")
    story.lawful(story.purged(digest))
    story.destroy(digest.hex())
    agree(story)


def hostile(batches: int) -> VectorBuilder:
    """Return a history in which a signer with limits recorded void batches with a purge each."""
    story, digest = slipped()
    story.lawful(story.signer_added("bob", ["promote:dev"]))
    honest, said = story.purged(digest), [{"position": 2, "verdict": "valid"}]
    for _ in range(batches):
        drafts = (story.signer_added("carol"), story.purged(digest, named_by=said))
        story.breaks("role", *drafts, by="bob")
    story.lawful(honest)
    story.destroy(digest.hex())
    return story


class Counted(Memory):
    """A log that counts how often somebody begins to read it."""

    def __init__(self, log: Memory) -> None:
        self.all, self.bodies = log.all, log.bodies
        self.begun = 0

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        self.begun += 1
        return super().records(after, upto)


def test_many_void_batches_are_found_at_once() -> None:
    """As often as for one does the gate go through the history: else 2,000 of them took hours."""
    few, many = Counted(hostile(1).log), Counted(hostile(12).log)
    for log in (few, many):
        assert all(verdict.admitted for verdict in Gate(log).admit(log.all))
    assert few.begun == many.begun > 1


def test_the_verifier_finds_them_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []
    another = tetra_es_verify.Judge._another
    for story in (hostile(1), hostile(12)):
        made: list[tetra_es_verify.Judge] = []

        def counted(
            judge: tetra_es_verify.Judge, made: list[tetra_es_verify.Judge] = made
        ) -> tetra_es_verify.Judge:
            made.append(judge)
            return another(judge)

        monkeypatch.setattr(tetra_es_verify.Judge, "_another", counted)
        agree(story)
        times.append(len(made))
    assert times[0] == times[1] > 1
