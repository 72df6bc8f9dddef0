"""The mirror as a whole, on real git."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.mirrors import commit_on, unpack
from tests.unit.mirror.event_builder import Remembered
from tetra_es.errors import Refused, TetraEsError
from tetra_es.events import config
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.projection import Mirror
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.mirror.event_builder import EventBuilder
    from tetra_es.log.record import Record

    AsUser = Callable[..., str]


def again(mirror: Mirror) -> Mirror:
    """Return the mirror as the next process sees it."""
    return Mirror(mirror.path, mirror.git, patience=0.0)


def test_a_mirror_that_is_not_there_has_no_head(mirror: Mirror) -> None:
    assert mirror.head() == (None, 0)
    assert mirror.last_event() == 0
    assert mirror.commits() == []


def test_each_event_is_a_commit_on_main_in_order(
    mirror: Mirror, story: EventBuilder, as_user: AsUser
) -> None:
    story.edits(3)
    added = mirror.apply(story.records, TreeProjector())
    assert [position for position, _ in added] == [1, 2, 3, 4]
    assert as_user("log", "--reverse", "--format=%H", "main").split() == [c for _, c in added]
    assert as_user("log", "--reverse", "--format=%s").splitlines()[1:] == [
        f"edit(local): ports.tetra -> local@{revision}" for revision in (1, 2, 3)
    ]
    assert mirror.head() == (added[-1][1], 4)
    assert again(mirror).head() == (added[-1][1], 4)


def test_git_reads_the_trailers(mirror: Mirror, story: EventBuilder, as_user: AsUser) -> None:
    story.edits(1)
    mirror.apply(story.records, TreeProjector())
    assert as_user("log", "-1", "--format=%(trailers)").strip().splitlines() == [
        "Event: 2",
        f"Event-Hash: {story.records[-1].hash.hex()}",
        "Topic: environment.edited",
        "Environment: local",
        "Revision: 1",
        "Actor: alice",
    ]


def test_it_is_bare_and_main_has_the_files_of_the_newest_event(
    mirror: Mirror, story: EventBuilder, as_user: AsUser
) -> None:
    story.edits(2)
    mirror.apply(story.records, TreeProjector())
    assert as_user("rev-parse", "--is-bare-repository", "--symbolic-full-name", "HEAD").split() == [
        "true",
        "refs/heads/main",
    ]
    assert set(as_user("ls-tree", "-r", "--name-only", "main").splitlines()) == {
        "allowed_signers",
        "manifest.toml",
        "environments/local.toml",
        *(f"events/0000/00/{position:08}.json" for position in (1, 2, 3)),
    }
    assert as_user("show", "main:environments/local.toml") == "[ports]\ntetra = 4445  # é\n"
    assert mirror.path.stat().st_mode & 0o777 == 0o700


def test_reviewers_can_read_a_file_s_history(
    mirror: Mirror, story: EventBuilder, as_user: AsUser
) -> None:
    story.edits(3)
    mirror.apply(story.records, TreeProjector())
    patch = as_user("log", "-p", "-1", "--", "environments/local.toml")
    assert "-tetra = 4445  # é\n+tetra = 4446  # é\n" in patch
    assert "2026-11-22" in as_user("blame", "main", "--", "environments/local.toml")


def test_one_by_one_and_at_once_give_the_same_commits(
    mirror: Mirror, story: EventBuilder, as_user: AsUser, tmp_path: Path
) -> None:
    story.edits(30)
    content = TreeProjector()
    one_by_one = []
    for record in story.records:
        one_by_one += again(mirror).apply([record], content)
    as_user("fsck", "--strict")
    at_once = Mirror(tmp_path / "other", Git()).apply(story.records, TreeProjector())
    assert one_by_one == at_once


def test_events_that_the_mirror_has_are_skipped(mirror: Mirror, story: EventBuilder) -> None:
    story.edits(5)
    content = TreeProjector()
    first = mirror.apply(story.records[:4], content)
    assert again(mirror).apply(story.records[:4], content) == []
    rest = again(mirror).apply(story.records, content)
    assert [position for position, _ in rest] == [5, 6]
    assert again(mirror).commits() == first + rest
    assert again(mirror).commits(after=4) == rest


def test_positions_may_have_gaps(mirror: Mirror, story: EventBuilder) -> None:
    story.create()
    story.edit(1, position=5)
    content = TreeProjector()
    mirror.apply(story.records, content)
    story.edit(2, position=20000)
    added = mirror.apply(story.records, content)
    assert [position for position, _ in added] == [20000]
    assert [position for position, _ in mirror.commits(after=1)] == [5, 20000]


def test_a_rebuild_gives_the_same_commits(mirror: Mirror, story: EventBuilder) -> None:
    story.edits(5)
    before = mirror.apply(story.records, TreeProjector())
    assert mirror.replace(story.records, TreeProjector()) == before
    assert list(mirror.path.parent.iterdir()) == [mirror.path]
    assert mirror.commits() == before


@LONG_TAIL
def test_two_thousand_events_at_once(mirror: Mirror, story: EventBuilder, as_user: AsUser) -> None:
    story.edits(1999)
    seen: list[int] = []
    added = mirror.apply(story.records, TreeProjector(), seen.append)
    assert [position for position, _ in added] == list(range(1, 2001))
    assert seen == sorted(seen)
    assert seen[-1] == 2000
    assert len(seen) > 10
    as_user("fsck", "--strict")


@pytest.mark.parametrize("limit", ["_PACKS", "_LOOSE"])
def test_objects_are_packed_together_now_and_then(
    mirror: Mirror,
    story: EventBuilder,
    as_user: AsUser,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
) -> None:
    monkeypatch.setattr(f"tetra_es_projections.mirror.recovery.{limit}", 10)
    content = TreeProjector()
    theirs = ""
    for record in story.edits(50).records:
        mirror.apply([record], content)
        if limit == "_LOOSE" and record.position == 10:
            unpack(mirror.path)
        theirs = theirs or as_user("hash-object", "-w", "--stdin").strip()
    told = dict(line.split(": ") for line in as_user("count-objects", "-v").splitlines())
    assert int(told["packs"]) < {"_PACKS": 20, "_LOOSE": 50}[limit]
    assert int(told["count"]) < 50
    as_user("fsck", "--strict")
    assert as_user("cat-file", "-t", theirs) == "blob\n"


def test_a_commit_that_the_caller_knows_is_not_read(mirror: Mirror, story: EventBuilder) -> None:
    story.edits(1)
    (_, commit) = mirror.apply(story.records, TreeProjector())[-1]
    (mirror.path / "tetra-es-mirror").write_text("x")
    assert Mirror(mirror.path, mirror.git, known=Remembered({commit: 7})).head() == (commit, 7)
    assert again(mirror).head() == (commit, 2)


def test_a_packed_branch_is_found(mirror: Mirror, story: EventBuilder, as_user: AsUser) -> None:
    story.edits(2)
    content = TreeProjector()
    head = mirror.apply(story.records[:2], content)[-1][1]
    as_user("pack-refs", "--all")
    as_user("gc", "--quiet")
    assert again(mirror).head() == (head, 2)
    added = again(mirror).apply(story.records, content)
    assert as_user("rev-parse", "main").strip() == added[-1][1]


@pytest.mark.parametrize("kind", ["--bare", "--no-bare"])
def test_a_clone_in_the_mirror_s_place_goes_on(
    mirror: Mirror, story: EventBuilder, as_user: AsUser, tmp_path: Path, kind: str
) -> None:
    story.edits(4)
    content = TreeProjector()
    before = mirror.apply(story.records[:3], content)
    subprocess.run(["git", "clone", "-q", kind, mirror.path, tmp_path / "clone"], check=True)
    shutil.rmtree(mirror.path)
    (tmp_path / "clone").rename(mirror.path)
    assert again(mirror).must_be_replaced() == (kind == "--no-bare")
    again(mirror).apply(story.records, TreeProjector() if kind == "--no-bare" else content)
    assert [position for position, _ in again(mirror).commits()] == [1, 2, 3, 4, 5]
    assert again(mirror).commits()[:3] == before
    assert as_user("config", "--local", "commit.gpgsign") == "false\n"
    assert as_user("rev-parse", "--is-bare-repository") == "true\n"


class TestSomethingElseIsThere:
    def check(self, mirror: Mirror, story: EventBuilder) -> None:
        before = {path: path.stat().st_mtime_ns for path in mirror.path.rglob("*")}
        for action in (
            mirror.head,
            mirror.last_event,
            mirror.position,
            lambda: mirror.replace(story.edits(1).records, TreeProjector()),
            lambda: mirror.apply(story.edits(1).records, TreeProjector()),
        ):
            with pytest.raises(Refused) as raised:
                action()
            assert str(mirror.path) in raised.value.message
            assert "mv " in (raised.value.hint or "")
        assert {path: path.stat().st_mtime_ns for path in mirror.path.rglob("*")} == before

    def test_a_repository_with_commits(
        self, mirror: Mirror, story: EventBuilder, as_user: AsUser
    ) -> None:
        subprocess.run(["git", "init", "-q", "-b", "main", mirror.path], check=True)
        (mirror.path / "x").write_text("mine")
        as_user("add", "x")
        as_user("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-m", "Event: 1")
        self.check(mirror, story)

    @pytest.mark.parametrize("kind", ["--bare", "--no-bare"])
    def test_an_empty_repository(self, mirror: Mirror, story: EventBuilder, kind: str) -> None:
        init = ["git", "init", "-q", "-b", "main", *([kind] if kind == "--bare" else [])]
        subprocess.run([*init, mirror.path], check=True)
        self.check(mirror, story)

    def test_a_link(self, mirror: Mirror, story: EventBuilder) -> None:
        other = Mirror(mirror.path.with_name("other"), mirror.git)
        other.apply(story.edits(1).records, TreeProjector())
        mirror.path.symlink_to(other.path)
        self.check(mirror, story)

    def test_a_folder_with_files(self, mirror: Mirror, story: EventBuilder) -> None:
        mirror.path.mkdir()
        (mirror.path / "x").write_text("mine")
        self.check(mirror, story)

    def test_a_folder_below_another_repository(self, mirror: Mirror, story: EventBuilder) -> None:
        subprocess.run(["git", "init", "-q", mirror.path.parent], check=True)
        mirror.path.mkdir()
        (mirror.path / "x").write_text("mine")
        self.check(mirror, story)


def test_an_empty_folder_is_room_for_a_mirror(mirror: Mirror, story: EventBuilder) -> None:
    mirror.path.mkdir()
    assert mirror.head() == (None, 0)
    assert len(mirror.apply(story.edits(1).records, TreeProjector())) == 2


def test_the_repository_around_it_is_left_alone(mirror: Mirror, story: EventBuilder) -> None:
    outer = mirror.path.parent
    subprocess.run(["git", "init", "-q", outer], check=True)
    mirror.apply(story.edits(2).records, TreeProjector())
    (mirror.path / "HEAD").write_text("")
    again(mirror).apply([], TreeProjector())
    assert again(mirror).position() == 3
    assert not list((outer / ".git" / "refs" / "heads").iterdir())


def test_a_branch_that_moves_meanwhile_is_not_overwritten(
    mirror: Mirror, story: EventBuilder, as_user: AsUser
) -> None:
    story.edits(2)
    content = TreeProjector()
    mirror.apply(story.records[:2], content)

    def records() -> Iterator[Record]:
        commit_on(mirror.path, "refs/heads/main")
        yield story.records[2]

    with pytest.raises(TetraEsError, match="somebody else moved main"):
        mirror.apply(records(), content)
    assert as_user("log", "-1", "--format=%s") == "mine\n"


def test_an_event_that_cannot_be_rendered_leaves_everything_as_it_was(
    mirror: Mirror, story: EventBuilder
) -> None:
    story.edits(3)
    story.edit(1, metadata={"format": "2"})
    content = TreeProjector()
    head = mirror.apply(story.records[:2], content)[-1]
    with pytest.raises(TetraEsError, match="format '2'"):
        mirror.apply(story.records, content)
    assert again(mirror).head() == (head[1], head[0])
    assert not list(mirror.path.rglob("tmp_*"))


def test_an_interrupt_is_passed_on_and_nothing_is_committed(
    mirror: Mirror, story: EventBuilder
) -> None:
    story.edits(300)
    content = TreeProjector()
    head = mirror.apply(story.records[:2], content)[-1]

    def interrupted() -> Iterator[Record]:
        yield from story.records[:200]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mirror.apply(interrupted(), content)
    assert again(mirror).head() == (head[1], head[0])


def test_an_import_that_fails_leaves_no_half_of_a_pack(mirror: Mirror, story: EventBuilder) -> None:
    story.edits(300)
    story.edit(1, metadata={"format": "2"})
    with pytest.raises(TetraEsError, match="format '2'"):
        mirror.apply(story.records, TreeProjector())
    assert mirror.head() == (None, 0)
    assert not [path for path in mirror.path.rglob("*") if path.name.startswith(("tmp_", "fast_"))]


def test_without_git_there_is_a_clear_message(tmp_path: Path, story: EventBuilder) -> None:
    mirror = Mirror(tmp_path / "history", Git(path=str(tmp_path)))
    with pytest.raises(TetraEsError, match="git cannot be run") as raised:
        mirror.apply(story.edits(1).records, TreeProjector())
    assert "install git" in (raised.value.hint or "")
    assert not mirror.path.exists()


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        (
            "error: unable to write file x: No space left on device\nfatal: y",
            "no space left for the mirror",
            "free some space",
        ),
        ("fatal: pack write error. Out of diskspace", "no space left", "free some space"),
        (
            "fatal: cannot create x: Permission denied",
            "cannot be written: fatal: cannot create x: Permission denied",
            "permissions",
        ),
        ("warning: a\nfatal: b\nc", "git init failed on the mirror", "tetra-es rebuild"),
        ("", "it gave no reason", "tetra-es rebuild"),
    ],
)
def test_what_git_says_becomes_one_line(
    tmp_path: Path, story: EventBuilder, said: str, message: str, hint: str
) -> None:
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\nprintf '%s\\n' '{said}' >&2\nexit 128\n")
    fake.chmod(0o755)
    mirror = Mirror(tmp_path / "history", Git(path=f"{fake.parent}:/usr/bin:/bin"))
    with pytest.raises(TetraEsError, match=message) as raised:
        mirror.apply(story.edits(1).records, TreeProjector())
    assert "\n" not in raised.value.message
    assert hint in (raised.value.hint or "")
    assert not mirror.path.exists()


def test_every_kind_of_event_can_be_mirrored(
    mirror: Mirror, story: EventBuilder, as_user: AsUser
) -> None:
    story.create()
    story.add(config.SignerAdded, "org", signer="bob", key="ssh-ed25519 AAAA", may=None)
    story.add(config.SignerRemoved, "org", signer="bob", key="ssh-ed25519 AAAA")
    story.add(
        config.ProfileEdited,
        "org",
        environment="dev",
        revision=1,
        text="x = 1\n",
        changes=[],
        undoes=None,
        restores=None,
    )
    content = TreeProjector()
    mirror.apply(story.records[:2], content)
    assert "bob" in as_user("show", "main:allowed_signers")
    mirror.apply(story.records, content)
    assert "bob" not in as_user("show", "main:allowed_signers")
    assert as_user("show", "main:profiles/dev.toml") == "x = 1\n"
