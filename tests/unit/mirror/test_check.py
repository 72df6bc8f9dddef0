"""Every way in which a mirror can differ from the events is found and named."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.mirrors import commit_on, give_work_tree, unpack
from tests.unit.mirror.event_builder import EventBuilder, Log
from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.check import differences, expected_ids
from tetra_es_projections.mirror.commit import Commit
from tetra_es_projections.mirror.fast_import import append
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.mirror.objects import commit_ids
from tetra_es_projections.mirror.projection import Mirror
from tetra_es_projections.mirror.repository import create
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    AsUser = Callable[..., str]

IDENTITY = ("-c", "user.name=x", "-c", "user.email=x@y")


@pytest.fixture
def log(story: EventBuilder) -> Log:
    return Log(story)


@pytest.fixture(autouse=True)
def begun(mirror: Mirror, story: EventBuilder) -> None:
    story.edits(4)
    content = TreeProjector()
    for record in story.records:
        mirror.apply([record], content)


def test_nothing_differs(mirror: Mirror, log: Log) -> None:
    assert differences(mirror, log) == []


def test_nothing_is_written(mirror: Mirror, log: Log) -> None:
    before = {path: path.stat().st_mtime_ns for path in mirror.path.rglob("*")}
    assert differences(mirror, log) == []
    assert {path: path.stat().st_mtime_ns for path in mirror.path.rglob("*")} == before


def test_the_mirror_is_missing(mirror: Mirror, log: Log) -> None:
    shutil.rmtree(mirror.path)
    assert differences(mirror, log) == [f"the mirror {mirror.path} is missing"]


def test_no_mirror_of_no_events(mirror: Mirror) -> None:
    shutil.rmtree(mirror.path)
    assert differences(mirror, Log(EventBuilder())) == []


def test_commits_are_missing(mirror: Mirror, log: Log, as_user: AsUser) -> None:
    as_user("update-ref", "refs/heads/main", "main~2")
    assert differences(mirror, log) == ["the mirror has no commit of event #4, nor of any after it"]


def test_the_branch_is_missing(mirror: Mirror, log: Log, as_user: AsUser) -> None:
    as_user("update-ref", "-d", "refs/heads/main")
    assert differences(mirror, log) == ["the mirror has no commit of event #1, nor of any after it"]


def test_a_commit_is_too_many(mirror: Mirror, log: Log) -> None:
    commit = commit_on(mirror.path, "refs/heads/main")[:12]
    assert differences(mirror, log) == [
        f"the mirror goes on after event #5 with {commit}, a commit of no event"
    ]


def test_the_store_lost_events(mirror: Mirror, story: EventBuilder, log: Log) -> None:
    del story.records[3:]
    [finding] = differences(mirror, log)
    assert finding.startswith("the mirror goes on after event #3 with ")


def test_a_rewritten_commit_is_named(mirror: Mirror, log: Log, as_user: AsUser) -> None:
    """With all that follows put on top of it again, as `git rebase` would."""
    commits = as_user("rev-list", "--reverse", "main").split()
    parent = commits[1]
    for commit in commits[2:]:
        message = as_user("log", "-1", "--format=%B", commit)
        message = message.replace("4445", "4446") if commit == commits[2] else message
        tree = f"{commit}^{{tree}}"
        parent = as_user(*IDENTITY, "commit-tree", tree, "-p", parent, "-m", message).strip()
        if commit == commits[2]:
            rewritten = parent
    as_user("update-ref", "refs/heads/main", parent)
    [finding] = differences(mirror, log)
    assert finding.startswith("the mirror's commit of event #3 was rewritten: ")
    assert finding.endswith(f"it is {rewritten[:12]}, not {commits[2][:12]}")


def test_a_damaged_object(mirror: Mirror, log: Log, as_user: AsUser) -> None:
    unpack(mirror.path)
    blob = as_user("rev-parse", "HEAD~1:environments/local.toml").strip()
    file = mirror.path / "objects" / blob[:2] / blob[2:]
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-3] + b"xyz")
    [finding] = differences(mirror, log)
    assert "git fsck failed" in finding
    assert blob in finding


def test_a_replaced_object(mirror: Mirror, log: Log, as_user: AsUser) -> None:
    as_user("replace", "HEAD~1", "HEAD~2")
    [finding] = differences(mirror, log)
    assert "refs/replace" in finding


@pytest.mark.parametrize("head", ["ref: refs/heads/other\n", "1" * 40 + "\n"])
def test_head_is_not_main(mirror: Mirror, log: Log, head: str) -> None:
    (mirror.path / "HEAD").write_text(head)
    assert differences(mirror, log) == [f"HEAD of the mirror {mirror.path} is not main"]


def test_a_part_of_the_history_is_hidden(mirror: Mirror, log: Log, as_user: AsUser) -> None:
    (mirror.path / "shallow").write_text(as_user("rev-parse", "main"))
    [finding] = differences(mirror, log)
    assert finding.endswith("hides a part of its history (shallow)")


def test_the_work_tree_of_the_first_edition_is_no_part_of_it(mirror: Mirror, log: Log) -> None:
    give_work_tree(mirror.path)
    (mirror.path / "manifest.toml").write_text("x = 1\n")
    assert differences(mirror, log) == []
    (mirror.path / ".git/refs/heads/main").unlink()
    assert differences(mirror, log) != []


def test_another_repository(mirror: Mirror, log: Log) -> None:
    (mirror.path / "HEAD").unlink()
    [finding] = differences(mirror, log)
    assert "is not a git repository" in finding


names = st.text("ab.-0/", min_size=1, max_size=6).filter(
    lambda path: all(part.strip(".") for part in path.split("/"))
)


def _without_clashes(commits: list[dict[str, bytes]]) -> bool:
    paths = {path for files in commits for path in files}
    return not any(other.startswith(f"{path}/") for path in paths for other in paths)


def test_ids_of_trees_that_lose_files_are_git_s(tmp_path: Path) -> None:
    steps: list[dict[str, bytes | None]] = [
        {"a/b/c": b"1", "a/d": b"2", "a.b": b"3", "e/f/g": b"4"},
        {"a/b/c": None},
        {"a/b": b"5", "e/f/g": None, "e/h": b"6"},
        {"a/b": None, "a/d": None, "e/h": None},
        {"a/d": b"2", "a.b": None},
    ]
    commits = [
        Commit(number, b"x\n", b"a <b> 1 +0000", b"c <d> 2 +0000", files)
        for number, files in enumerate(steps, start=1)
    ]
    git = Git()
    create(tmp_path / "mirror", git)
    assert append(git, tmp_path / "mirror", commits, None) == list(commit_ids(commits))


@settings(examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(names, st.binary(max_size=4), max_size=4), min_size=1, max_size=6
    ).filter(_without_clashes)
)
def test_ids_without_git_are_git_s(tmp_path: Path, trees: list[dict[str, bytes]]) -> None:
    """Above all the order of names in a tree, where `a`, `a.b`, `a/c` and `a0` are a trap."""
    commits = [
        Commit(number, b"x\n", b"a <b> 1 +0000", b"c <d> 2 +0000", files)
        for number, files in enumerate(trees, start=1)
    ]
    path = tmp_path / "repository"
    if path.exists():
        shutil.rmtree(path)
    create(path, Git())
    assert list(commit_ids(commits)) == append(Git(), path, commits, None)


def test_without_git_nothing_is_said_about_the_mirror(
    mirror: Mirror, log: Log, tmp_path: Path
) -> None:
    with pytest.raises(TetraEsError, match="git cannot be run"):
        differences(Mirror(mirror.path, Git(path=str(tmp_path))), log)


def test_progress_is_reported(mirror: Mirror, story: EventBuilder, log: Log) -> None:
    seen: list[int] = []
    story.edits(300)
    differences(mirror, log, seen.append)
    assert seen == [100, 200, 300]


def test_what_apply_commits_is_what_check_expects(mirror: Mirror, story: EventBuilder) -> None:
    assert list(expected_ids(story.records)) == mirror.commits()
