"""Killed at any instant: what may be left behind, and that the next `apply` repairs it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.mirrors import commit_on, give_work_tree
from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror import repository
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.mirror.event_builder import EventBuilder

    AsUser = Callable[..., str]


@pytest.fixture
def content() -> TreeProjector:
    return TreeProjector()


@pytest.fixture(autouse=True)
def begun(mirror: Mirror, story: EventBuilder, content: TreeProjector) -> None:
    """Four events of which the mirror has three."""
    story.edits(3)
    mirror.apply(story.records[:3], content)


@pytest.fixture
def check(
    mirror: Mirror, story: EventBuilder, content: TreeProjector, as_user: AsUser, tmp_path: Path
) -> Callable[[], None]:
    """Take the fourth event in, as the next process does; all must be as if nothing happened."""

    def run() -> None:
        Mirror(mirror.path, mirror.git, patience=0.0).apply(story.records, content)
        expected = Mirror(tmp_path / "other", Git()).apply(story.records, TreeProjector())
        assert Mirror(mirror.path, mirror.git).commits() == expected
        assert as_user("symbolic-ref", "HEAD") == "refs/heads/main\n"
        assert "4446" in as_user("show", "main:environments/local.toml")
        as_user("fsck", "--strict")

    return run


@pytest.mark.parametrize(
    "name",
    [
        "HEAD.lock",
        "packed-refs.lock",
        "refs/heads/main.lock",
        "config.lock",
    ],
)
def test_a_lock_of_git(mirror: Mirror, check: Callable[[], None], name: str) -> None:
    lock = mirror.path / name
    lock.touch()
    check()
    assert not lock.exists()


def test_a_lock_of_a_killed_import(
    mirror: Mirror, story: EventBuilder, content: TreeProjector
) -> None:
    lock = mirror.path / "tetra-es-marks.lock"
    lock.touch()
    mirror.apply(story.edits(10).records, content)
    assert not lock.exists()
    assert mirror.position() == 14


def test_a_lock_is_left_alone_while_it_is_new(
    mirror: Mirror, story: EventBuilder, content: TreeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = mirror.path / "refs/heads/main.lock"
    lock.touch()
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            lock.unlink()

    monkeypatch.setattr("time.sleep", sleep)
    Mirror(mirror.path, mirror.git, patience=60.0).apply(story.records, content)
    assert len(waited) == 3


def test_an_old_lock_is_not_waited_for(
    mirror: Mirror, story: EventBuilder, content: TreeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = mirror.path / "refs/heads/main.lock"
    lock.touch()
    os.utime(lock, (0, 0))
    monkeypatch.delattr("time.sleep")
    Mirror(mirror.path, mirror.git).apply(story.records, content)
    assert not lock.exists()


def test_the_branch_moved_and_nothing_else(
    mirror: Mirror, story: EventBuilder, content: TreeProjector, as_user: AsUser
) -> None:
    """Killed before the note was written: neither a commit of people's nor one too many."""
    note = mirror.path / "tetra-es-mirror"
    before = note.read_bytes()
    mirror.apply(story.records, content)
    note.write_bytes(before)
    restarted = Mirror(mirror.path, mirror.git)
    assert not restarted.is_untouched(4)
    restarted.apply(story.records, content)
    assert "found" not in as_user("for-each-ref")
    assert restarted.is_untouched(4)


@pytest.mark.parametrize("data", [b"", b"\xff", b"1 2 3", b"x y", b"0" * 40 + b" 7\n"])
def test_a_marker_that_says_nothing(mirror: Mirror, check: Callable[[], None], data: bytes) -> None:
    (mirror.path / "tetra-es-mirror").write_bytes(data)
    check()


def test_git_of_a_killed_command_is_waited_for(
    mirror: Mirror, check: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor = os.open(mirror.path / "tetra-es-running", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            os.close(descriptor)

    monkeypatch.setattr("time.sleep", sleep)
    check()
    assert len(waited) == 3


def test_git_that_never_ends_is_reported(
    mirror: Mirror, story: EventBuilder, content: TreeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tetra_es_projections.mirror.recovery._ORPHAN_PATIENCE", 0.0)
    with (mirror.path / "tetra-es-running").open("w") as running:
        fcntl.flock(running, fcntl.LOCK_EX)
        with pytest.raises(TetraEsError, match="still runs"):
            mirror.apply(story.records, content)


def test_git_keeps_the_lock_when_its_command_is_gone(mirror: Mirror) -> None:
    running = (mirror.path / "tetra-es-running").open("w")
    fcntl.flock(running, fcntl.LOCK_EX)
    git = Git(inherited=(running.fileno(),))
    seen: list[bool] = []

    def chunks() -> Iterator[bytes]:
        running.close()  # as when the command is killed
        seen.append(_is_locked(mirror))
        yield b"HEAD\n"

    git.stream(mirror.path, "cat-file", "--batch", chunks=chunks())
    assert seen == [True]
    assert not _is_locked(mirror)


def _is_locked(mirror: Mirror) -> bool:
    with (mirror.path / "tetra-es-running").open("w") as running:
        try:
            fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.mark.parametrize(
    "command",
    [
        ("symbolic-ref", "HEAD", "refs/heads/other"),
        ("update-ref", "--no-deref", "HEAD", "main~1"),
        ("branch", "-m", "main", "other"),
        ("update-ref", "refs/heads/main", "main~1"),
        ("update-ref", "-d", "refs/heads/main"),
    ],
)
def test_branch_or_head_was_moved(
    check: Callable[[], None], as_user: AsUser, command: tuple[str, ...]
) -> None:
    as_user(*command)
    check()


@pytest.mark.parametrize(
    "name",
    [
        "objects/pack/tmp_pack_abc",
        "objects/pack/tmp_idx_abc",
        "objects/pack/.tmp-1-pack-abc.pack",
        "objects/00/tmp_obj_abc",
        "fast_import_crash_123",
        "tetra-es-marks",
        "tetra-es-file",
    ],
)
def test_temporary_files(mirror: Mirror, check: Callable[[], None], name: str) -> None:
    file = mirror.path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"half")
    check()


def test_old_temporary_files_are_removed_when_packing(
    mirror: Mirror, story: EventBuilder, content: TreeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tetra_es_projections.mirror.recovery._PACKS", 1)
    git_dir = mirror.path
    old, new = git_dir / "objects/pack/tmp_pack_old", git_dir / "objects/pack/tmp_pack_new"
    crash, unnamed = git_dir / "fast_import_crash_1", git_dir / f"objects/pack/pack-{'a' * 40}.pack"
    for file in (old, new, crash, unnamed):
        file.touch()
    for file in (old, crash, unnamed):
        os.utime(file, (0, 0))
    story.edit(1, position=250)
    mirror.apply(story.records, content)
    assert not old.exists()
    assert not crash.exists()
    assert not unnamed.exists()
    assert new.exists()


def test_a_mirror_that_was_being_made(mirror: Mirror, story: EventBuilder, as_user: AsUser) -> None:
    shutil.rmtree(mirror.path)
    partial = mirror.path.with_name(".history.partial")
    partial.mkdir(parents=True)
    (partial / "HEAD").write_text("half")
    assert len(mirror.apply(story.records, TreeProjector())) == 4
    assert list(mirror.path.parent.iterdir()) == [mirror.path]
    as_user("fsck", "--strict")


@pytest.mark.parametrize("old", some([False, True], 1))
def test_a_mirror_that_was_being_replaced(
    mirror: Mirror, story: EventBuilder, as_user: AsUser, monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    """Killed before any of the steps by which one takes its place, nothing of people's is lost."""
    theirs = [commit_on(mirror.path, "refs/heads/mine", parent="main~1")]
    theirs.append(commit_on(mirror.path, "refs/heads/main"))
    found = set(mirror.path.parent.iterdir())
    for killed_at in range(1, 100):
        if old:
            give_work_tree(mirror.path)
        for name in ("one", "two"):
            (mirror.path / f"{name} {killed_at}").write_text("mine")
        with monkeypatch.context() as patched:
            steps = dying(patched, killed_at)
            with suppress(Killed):
                Mirror(mirror.path, mirror.git).replace(story.records, TreeProjector())
        fresh = Mirror(mirror.path, mirror.git, patience=0.0)
        fresh.recover()
        fresh.replace(story.records, TreeProjector())
        assert set(theirs) <= set(as_user("rev-list", "--all").split())
        assert as_user("rev-parse", "--is-bare-repository") == "true\n"
        assert set(mirror.path.parent.iterdir()) == {*found, mirror.path.parent / "kept"}
        kept = [file.name for file in (mirror.path.parent / "kept").rglob("* *")]
        assert {f"one {killed_at}", f"two {killed_at}"} <= set(kept)
        if len(steps) < killed_at:
            break
    assert 10 < killed_at < 60


def dying(patched: pytest.MonkeyPatch, killed_at: int) -> list[None]:
    """Let a process die before its step of this number; return the steps that it came to."""
    steps: list[None] = []

    def step(real: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object, **more: object) -> object:
            steps.append(None)
            if len(steps) == killed_at:
                raise Killed
            return real(*arguments, **more)

        return run

    for kind, name in (
        (Path, "replace"),
        (Path, "rename"),
        (Git, "run"),
        (Git, "stream"),
        (repository, "_remove"),
    ):
        patched.setattr(kind, name, step(getattr(kind, name)))
    return steps


class Killed(BaseException):
    pass


def test_an_empty_mirror(mirror: Mirror, story: EventBuilder, as_user: AsUser) -> None:
    """Killed after it was made and before the first commit."""
    shutil.rmtree(mirror.path)
    mirror.apply([], TreeProjector())
    assert mirror.path.exists()
    assert mirror.head() == (None, 0)
    added = Mirror(mirror.path, mirror.git).apply(story.records, TreeProjector())
    assert as_user("rev-parse", "main").strip() == added[-1][1]


_KILLED = """
import os, sys
sys.path[:0] = {path!r}
from pathlib import Path
from tetra_es_projections.tree import TreeProjector
from tetra_es_projections.tree import TreeProjector
from tetra_es_projections.mirror import repository
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror
from tests.unit.mirror.event_builder import EventBuilder

story = EventBuilder().edits(400)

def dying():
    for record in story.records[3:]:
        if record.position == 350:
            os.kill(os.getpid(), 9)
        yield record

content = TreeProjector(lambda: {{}})
Mirror(Path({mirror!r}), Git()).apply(dying(), content)
"""


def test_a_process_killed_in_the_middle_of_a_large_import(
    mirror: Mirror, check: Callable[[], None]
) -> None:
    script = _KILLED.format(path=sys.path, mirror=str(mirror.path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    assert mirror.head()[1] == 3
    check()


def test_what_cannot_be_mended_says_so(
    mirror: Mirror, story: EventBuilder, content: TreeProjector
) -> None:
    for file in (mirror.path / "objects").rglob("*"):
        if file.is_file():
            file.unlink()
    with pytest.raises(TetraEsError) as raised:
        mirror.apply(story.records, content)
    assert "rebuild" in (raised.value.hint or "")
