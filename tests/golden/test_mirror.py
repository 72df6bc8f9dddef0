"""Commit ids of format 2, for ever, and what a reader gets back from the commits.

`format-2/` has histories as they were recorded and judged, and the commits that were first made of
them. Everybody with a clone of a mirror relies on these ids: the files are never edited. A change
that makes this test fail needs a new format number instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.golden.mirrored import HISTORIES, Mirrored
from tetra_es.events.form.check import HIGHEST_RULES
from tetra_es.events.form.table import TOPICS
from tetra_es.gate.gate import Gate
from tetra_es.gate.verdicts import Kind
from tetra_es.log.naming import bodies_named
from tetra_es_projections.mirror.check import expected_ids
from tetra_es_projections.mirror.clone import Clone
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.log.record import Record

LAST = {
    "moved": "fe410473aead17d45f8aa05c76d65aa32c35982a",
    "hosts": "0e6e62ce716cb9061ce10ff11ade87b6dde6d211",
    "new": "4b364a7b4cc37075af8fd1a32b23afda7dc27075",
    "upgraded": "e2a5fe1972551562eba05ba79b59bd4313c0b646",
    "purged": "f165843ea2ae500b2d98cf992f7585360dd1baf4",
}


@pytest.fixture(params=HISTORIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def golden(name: str) -> Mirrored:
    return Mirrored.read(name)


def test_the_files_were_not_edited(name: str, golden: Mirrored) -> None:
    # These ids depend on every line before.
    assert golden.commits[-1][1] == LAST[name]


def test_git_makes_the_golden_commits(golden: Mirrored, tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "history", Git())
    assert mirror.apply(golden.records, golden.content()) == golden.commits


def test_one_by_one_they_are_the_same(golden: Mirrored, tmp_path: Path) -> None:
    mirror, content = Mirror(tmp_path / "history", Git()), golden.content()
    made = [mirror.apply(golden.records[: end + 1], content) for end in range(len(golden.records))]
    assert [pair for pairs in made for pair in pairs] == golden.commits


def test_computing_ids_without_git_gives_the_golden_commits(golden: Mirrored) -> None:
    assert list(expected_ids(golden.records, None, golden.content())) == golden.commits


def test_every_topic_that_is_recorded_is_among_them() -> None:
    histories = [Mirrored.read(name) for name in HISTORIES]
    valid = {
        record.topic
        for history in histories
        for record in history.records
        if record.position not in history.void
    }
    assert valid == {topic.name for topic in TOPICS.values() if topic.is_used(HIGHEST_RULES)}


def test_a_clone_gives_the_events_and_their_bodies_back(golden: Mirrored, tmp_path: Path) -> None:
    Mirror(tmp_path / "history", Git()).apply(golden.records, golden.content())
    clone = Clone(tmp_path / "history", Git())
    assert list(clone.records()) == golden.records
    assert list(clone.records(3, 5)) == golden.records[3:5]
    found = list(clone.events())
    assert [one.record for one in found] == golden.records
    assert [one.bodies for one in found] == [named(golden, one) for one in golden.records]
    assert [one.record for one in clone.events(4)] == golden.records[4:]


def test_a_clone_finds_bodies_by_digest(golden: Mirrored, tmp_path: Path) -> None:
    Mirror(tmp_path / "history", Git()).apply(golden.records, golden.content())
    wanted = {digest for record in golden.records for digest in bodies_named(record)}
    later = Clone(tmp_path / "history", Git())
    assert [one.record.position for one in later.events(6)][:1] == [7]
    for clone in (Clone(tmp_path / "history", Git()), later):
        for digest in wanted:
            assert clone.body(digest) == golden.bodies.get(digest)
        assert clone.body(bytes(32)) is None


def test_the_gate_admits_a_clone_with_the_same_verdicts(golden: Mirrored, tmp_path: Path) -> None:
    Mirror(tmp_path / "history", Git()).apply(golden.records, golden.content())
    clone = Clone(tmp_path / "history", Git())
    gate = Gate(clone)
    found = list(gate.admit(one.record for one in clone.events()))
    assert [each.record for each in found] == golden.records
    assert {each.record.position for each in found if each.kind is Kind.VOID} == golden.void
    assert gate.firm


def named(golden: Mirrored, record: Record) -> dict[bytes, bytes | None]:
    return {digest: golden.bodies.get(digest) for digest in bodies_named(record)}
