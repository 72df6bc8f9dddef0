"""A few commits are written without git: the same objects, whole, before the branch names them."""

from __future__ import annotations

import errno
import os
import random
import shutil
import stat
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.mirrors import git as as_person
from tests.mirrors import unpack
from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.commit import Commit
from tetra_es_projections.mirror.fast_import import append
from tetra_es_projections.mirror.few import append_few
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.objects import commit_ids
from tetra_es_projections.mirror.packs import Packs
from tetra_es_projections.mirror.projection import Mirror
from tetra_es_projections.mirror.repository import create
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.mirror.event_builder import EventBuilder

    AsUser = Callable[..., str]

NO_GIT = Git(path="/nonexistent")


def commits_of(steps: list[dict[str, bytes | None]]) -> list[Commit]:
    return [
        Commit(number, b"x\n", b"a <b> 1 +0000", b"c <d> 2 +0000", files)
        for number, files in enumerate(steps, start=1)
    ]


def one_by_one(root: Path, commits: list[Commit], packed: set[int], git: Git) -> list[str]:
    """Append each commit alone; after some of them everything is packed."""
    head = None
    heads = []
    for commit in commits:
        [(_, head)] = append_few(git, root, [commit], head)
        heads.append(head)
        if commit.position in packed:
            as_person(root, "gc", "-q", "--prune=now")
    return heads


NAMES = st.one_of(
    st.text("ab.-0/", min_size=1, max_size=6).filter(
        lambda path: all(part.strip(".") for part in path.split("/"))
    ),
    st.sampled_from(["bodies/0a/x", "bodies/0a/y", "bodies/0b/x"]),  # the next commit has none
)
STEPS = st.lists(
    st.dictionaries(NAMES, st.one_of(st.none(), st.binary(max_size=4)), max_size=4),
    min_size=1,
    max_size=6,
)


def _without_clashes(steps: list[dict[str, bytes | None]]) -> bool:
    paths = {path for files in steps for path in files}
    return not any(other.startswith(f"{path}/") for path in paths for other in paths)


@settings(examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS.filter(_without_clashes), st.sets(st.integers(1, 6), max_size=2))
def test_both_ways_give_the_same_commits(
    tmp_path: Path, steps: list[dict[str, bytes | None]], packed: set[int]
) -> None:
    commits = commits_of(steps)
    roots = [tmp_path / name for name in ("few", "many")]
    for root in roots:
        shutil.rmtree(root, ignore_errors=True)
        create(root, Git())
    heads = one_by_one(roots[0], commits, packed, Git())
    assert [commit for _, commit in append(Git(), roots[1], commits, None)] == heads
    assert [commit for _, commit in commit_ids(commits)] == heads
    as_person(roots[0], "fsck", "--strict", "--full")
    assert as_person(roots[0], "rev-parse", "main").strip() == heads[-1]


def test_it_needs_no_git(mirror: Mirror, story: EventBuilder, as_user: AsUser) -> None:
    content = TreeProjector()
    mirror.apply(story.edits(5).records[:2], content)
    without = Mirror(mirror.path, NO_GIT)
    assert [position for position, _ in without.apply(story.records[:4], content)] == [3, 4]
    as_user("gc", "-q", "--prune=now")
    # The newest trees are whole there: git makes older ones differences from them.
    assert [position for position, _ in without.apply(story.records, content)] == [5, 6]


def test_git_is_asked_once_for_what_is_not_read_here(
    mirror: Mirror, story: EventBuilder, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = TreeProjector()
    mirror.apply(story.edits(4).records[:3], content)
    with monkeypatch.context() as patched:
        patched.setattr("tetra_es_projections.mirror.packs._BEYOND", 0)
        _asked_once(mirror, story, content, patched)
    as_user("fsck", "--strict")


def _asked_once(
    mirror: Mirror, story: EventBuilder, content: TreeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    read = Git.read

    def counted(git: Git, root: Path, *arguments: str, data: bytes = b"") -> bytes:
        asked.append(arguments)
        return read(git, root, *arguments, data=data)

    monkeypatch.setattr(Git, "read", counted)
    mirror.apply(story.records[:4], content)
    assert [arguments[0] for arguments in asked] == ["cat-file"]
    monkeypatch.setattr("tetra_es_projections.mirror.packs._BEYOND", 1 << 31)
    mirror.apply(story.records, content)
    assert len(asked) == 1


def packs(root: Path) -> list[Path]:
    return [path for path in (root / "objects" / "pack").iterdir() if path.is_file()]


def test_a_damaged_pack_is_written_again(
    mirror: Mirror, story: EventBuilder, as_user: AsUser
) -> None:
    """As one that a killed process or a lost disk left, and that no branch names."""
    content = TreeProjector()
    mirror.apply(story.edits(2).records[:2], content)
    before = set(packs(mirror.path))
    shutil.copytree(mirror.path, mirror.path.with_name("copy"))
    other = Mirror(mirror.path.with_name("copy"), mirror.git)
    other.apply(story.records, TreeProjector(dict))
    for path in packs(other.path):
        place = mirror.path / path.relative_to(other.path)
        if place not in before:
            place.write_bytes(b"")
    mirror.apply(story.records, content)
    as_user("fsck", "--strict")


def test_a_missing_object_is_named(mirror: Mirror, story: EventBuilder, as_user: AsUser) -> None:
    content = TreeProjector()
    mirror.apply(story.edits(2).records[:2], content)
    unpack(mirror.path)
    tree = as_user("rev-parse", "main:events/0000").strip()
    (mirror.path / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(TetraEsError, match=f"{tree} is missing"):
        mirror.apply(story.records, content)


def test_objects_are_on_the_disk_before_the_branch_names_them(
    mirror: Mirror, story: EventBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = TreeProjector()
    mirror.apply(story.edits(2).records[:2], content)
    before = {path.stat().st_ino for path in packs(mirror.path)}
    synced: list[int] = []
    names: list[tuple[str, int]] = []
    fsync, replace = os.fsync, Path.replace

    def counted(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def named(path: Path, target: Path) -> Path:
        names.append((target.name, len(synced)))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", counted)
    monkeypatch.setattr(Path, "replace", named)
    mirror.apply(story.records, content)
    moved = next(count for name, count in names if name == "main")
    new = [path for path in packs(mirror.path) if path.stat().st_ino not in before]
    assert sorted(path.suffix for path in new) == [".idx", ".pack"]
    assert len(synced) == 5
    assert {path.stat().st_ino for path in new} <= set(synced[:moved])
    assert {path.parent.stat().st_ino for path in new} <= set(synced[:moved])
    assert (mirror.path / "refs" / "heads").stat().st_ino in synced[moved:]
    assert {stat.S_IMODE(path.stat().st_mode) for path in new} == {0o444}


class Killed(BaseException):
    pass


def test_killed_at_any_step(
    mirror: Mirror, story: EventBuilder, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = TreeProjector()
    story.edits(1)
    mirror.apply(story.records, content)
    for killed_at in range(1, 100):
        steps: list[None] = []
        story.edits(1)
        with monkeypatch.context() as patched:
            for module, name in ((os, "fsync"), (os, "rename"), (os, "fdopen"), (Path, "replace")):
                patched.setattr(module, name, dying(getattr(module, name), steps, killed_at))
            with suppress(Killed):
                Mirror(mirror.path, mirror.git).apply(story.records, TreeProjector())
        Mirror(mirror.path, mirror.git, patience=0.0).apply(story.records, TreeProjector())
        assert mirror.position() == story.records[-1].position
        if len(steps) < killed_at:
            break
    assert 10 < killed_at < 60
    as_user("fsck", "--strict")
    assert "found" not in as_user("for-each-ref")


def dying(real: Callable[..., object], steps: list[None], killed_at: int) -> Callable[..., object]:
    def run(*arguments: object, **more: object) -> object:
        steps.append(None)
        if len(steps) == killed_at:
            raise Killed
        return real(*arguments, **more)

    return run


def test_a_full_disk_leaves_nothing_half(
    mirror: Mirror, story: EventBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = TreeProjector()
    mirror.apply(story.edits(2).records[:2], content)
    before = set(mirror.path.rglob("*"))

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(TetraEsError, match="no space left for the mirror"):
            mirror.apply(story.records, content)
    left = set(mirror.path.rglob("*")) - before
    assert not [path for path in left if path.is_file()]
    assert mirror.position() == 2
    mirror.apply(story.records, TreeProjector())
    assert mirror.position() == 3


def test_a_branch_that_git_moves_at_this_moment(
    mirror: Mirror, story: EventBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = TreeProjector()
    mirror.apply(story.edits(2).records[:2], content)
    lock = mirror.path / "refs" / "heads" / "main.lock"
    monkeypatch.setattr("tetra_es_projections.mirror.recovery.break_locks", lambda *_: lock.touch())
    with pytest.raises(TetraEsError, match="somebody else moved main"):
        mirror.apply(story.records, content)
    assert lock.exists()
    assert mirror.position() == 2


def test_a_folder_of_packs_that_is_a_link(mirror: Mirror, story: EventBuilder) -> None:
    content = TreeProjector()
    mirror.apply(story.edits(2).records[:2], content)
    folder, target = mirror.path / "objects" / "pack", mirror.path.parent / "elsewhere"
    folder.rename(target)
    folder.symlink_to(target)
    before = set(target.iterdir())
    with pytest.raises(TetraEsError):
        append_few(NO_GIT, mirror.path, commits_of([{"a": b"b"}]), None)
    assert set(target.iterdir()) == before


@pytest.mark.parametrize("size", [0, 15, 16, 2047, 2048, 300_000])
def test_git_reads_what_is_written_and_the_other_way_round(
    mirror: Mirror, story: EventBuilder, as_user: AsUser, size: int
) -> None:
    content = random.Random(size).randbytes(size)
    mirror.apply(story.edits(1).records, TreeProjector())
    written = Packs(mirror.path)
    name = written.add(b"blob", content)
    written.write()
    as_user(
        "index-pack", "--verify", "--strict", str(next(mirror.path.glob("objects/pack/*.pack")))
    )
    shown = as_user("cat-file", "-s", name.hex())
    assert int(shown) == size
    assert Packs(mirror.path).read(b"blob", name) == content
    assert Packs(mirror.path).read(b"tree", name) is None
    as_user("gc", "-q")
    as_user("repack", "-q", "-a", "-d", "-k")
    assert Packs(mirror.path).read(b"blob", name) == content


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "bomb"])
def test_a_damaged_pack_is_not_believed(mirror: Mirror, story: EventBuilder, damage: str) -> None:
    mirror.apply(story.edits(1).records, TreeProjector())
    written = Packs(mirror.path)
    name = written.add(b"blob", b"content " * 50)
    before = set(packs(mirror.path))
    written.write()
    for path in set(packs(mirror.path)) - before:
        data = bytearray(path.read_bytes())
        if damage == "flipped":
            data[len(data) // 2] ^= 1
            data[20] ^= 1
        elif damage == "bomb" and path.suffix == ".pack":
            data[12:] = b"\xbf\xff\xff\xff\x7f" + zlib.compress(bytes(1 << 20))
        path.chmod(0o600)
        path.write_bytes(data[: {"cut": len(data) // 2, "empty": 0}.get(damage, len(data))])
    assert Packs(mirror.path).read(b"blob", name) is None
