"""Bodies in commits: those of their event alone, and tombstones where they were purged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.golden.mirrored import Mirrored
from tests.mirrors import git
from tetra_es.errors import IntegrityFailure
from tetra_es_projections.bodies import BodiesOf
from tetra_es_projections.mirror.clone import Clone
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.tree import TOMBSTONE_2, TreeProjector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.log.record import Record
    from tetra_es_projections.mirror.projection import Mirror

PURGE = 9
"""Position of the purge event."""


class Log:
    """A golden history as projections read a log."""

    def __init__(self, golden: Mirrored, upto: int | None = None) -> None:
        self._all = golden.records[:upto]
        self.bodies = dict(golden.bodies)
        self.voids = dict.fromkeys(golden.void, "role")

    def last_position(self) -> int:
        return len(self._all)

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        yield from self._all[after:upto]

    def of_topics(self, topics: Sequence[str], upto: int) -> list[Record]:
        return [record for record in self._all[:upto] if record.topic in topics]

    def body(self, digest: bytes) -> bytes | None:
        return self.bodies.get(digest)

    def void(self, position: int) -> str | None:
        return self.voids.get(position)


@pytest.fixture
def whole() -> Mirrored:
    """The history with the value that is purged in the end."""
    golden = Mirrored.read("purged")
    golden.bodies |= golden.destroyed
    return golden


@pytest.fixture
def golden() -> Mirrored:
    return Mirrored.read("purged")


def everything(mirror: Mirror) -> str:
    """Return the content of all files and commits that there are, reached or not."""
    check = ("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)")
    listed = (line.split() for line in git(mirror.path, *check).splitlines())
    names = "".join(f"{name}\n" for kind, name in listed if kind != "tree")
    return git(mirror.path, "cat-file", "--batch", data=names)


def test_a_purge_is_in_every_commit(mirror: Mirror, whole: Mirrored, golden: Mirrored) -> None:
    before = Log(whole, PURGE - 1)
    mirror.apply(before.records(), TreeProjector.at(before, 0))
    assert "hunter2" in everything(mirror)
    after = Log(golden)
    made = mirror.replace(after.records(), TreeProjector.at(after, 0), purging=True)
    assert made == golden.commits
    assert "hunter2" not in everything(mirror)
    git(mirror.path, "fsck", "--strict")
    edited = made[3][1]
    tombstone = TOMBSTONE_2.decode()
    assert git(mirror.path, "show", f"{edited}:environments/local.toml") == tombstone
    assert git(mirror.path, "log", "-1", "--format=%s", edited).strip() == (
        "edit(local): purged -> local@2"
    )
    void = git(mirror.path, "ls-tree", "-r", "--name-only", made[5][1], "bodies").split()
    assert {git(mirror.path, "show", f"{made[5][1]}:{path}") for path in void} == {tombstone}


def test_what_a_purge_names_is_gone_even_where_the_log_still_has_it(
    mirror: Mirror, whole: Mirrored, golden: Mirrored
) -> None:
    """As after a crash between the event and the deed."""
    log = Log(whole)
    assert mirror.apply(log.records(), TreeProjector.at(log, 0)) == golden.commits


def test_a_void_purge_destroys_nothing(mirror: Mirror, whole: Mirrored) -> None:
    log = Log(whole)
    log.voids[PURGE] = "role"
    mirror.apply(log.records(), TreeProjector.at(log, 0))
    assert "hunter2" in everything(mirror)


def test_a_lost_body_is_no_tombstone(mirror: Mirror, golden: Mirrored) -> None:
    log = Log(golden)
    log.voids[PURGE] = "role"
    for position in (0, 3):
        mirror.apply(log.records(upto=position), TreeProjector.at(log, 0))
        with pytest.raises(IntegrityFailure, match="no event purged it"):
            mirror.apply(log.records(), TreeProjector.at(log, position))
    with pytest.raises(IntegrityFailure, match="no event purged it"):
        BodiesOf(log).check_nothing_lost()
    del log.voids[PURGE]
    BodiesOf(log).check_nothing_lost()


def test_a_commit_has_the_bodies_of_its_own_event_alone(mirror: Mirror, whole: Mirrored) -> None:
    log = Log(whole)
    for _, commit in mirror.apply(log.records(), TreeProjector.at(log, 0)):
        listed = git(mirror.path, "ls-tree", "-r", "--name-only", commit, "bodies").split()
        event = git(mirror.path, "show", f"{commit}:events/0000/00")
        state = git(mirror.path, "show", f"{commit}:events/0000/00/{event.split()[-1]}")
        assert all(path.rpartition("/")[2] in state for path in listed)


def test_a_body_with_other_bytes_is_none(mirror: Mirror, golden: Mirrored) -> None:
    """A clone may have been given anything: what reads it compares."""
    target = next(iter(golden.bodies))
    golden.bodies[target] = b"forged"
    mirror.apply(golden.records, golden.content())
    clone = Clone(mirror.path, Git())
    assert any(target not in one.bodies for one in clone.events())
    assert Clone(mirror.path, Git()).body(target) is None


def test_a_clone_without_its_early_commits(mirror: Mirror, golden: Mirrored) -> None:
    mirror.apply(golden.records, golden.content())
    shallow = mirror.path.with_name("shallow")
    git(mirror.path.parent, "clone", "-q", "--depth", "2", f"file://{mirror.path}", str(shallow))
    clone = Clone(shallow, Git())
    assert list(clone.records()) == golden.records
    with pytest.raises(IntegrityFailure, match=r"cannot be read|does not have the commits"):
        list(clone.events())
