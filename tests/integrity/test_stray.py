"""What people do in `history/` stops nothing, and nothing that they did is lost."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.mirrors import WHO, commit_on, git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine

MAIN = "refs/heads/main"


@pytest.fixture(scope="module")
def kept(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with a promotion and an edit after it. For copies alone."""
    machine = founded.copy(tmp_path_factory.mktemp("kept") / "home")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5000")
    return machine


@pytest.fixture
def machine(kept: Machine, tmp_path: Path) -> Machine:
    """A copy of it."""
    return kept.copy(tmp_path / "home")


def on_main(machine: Machine) -> list[str]:
    return [commit_on(machine.mirror, MAIN), commit_on(machine.mirror, MAIN, "again")]


def pushed_to_main(machine: Machine) -> list[str]:
    clone = machine.home / "clone"
    machine.git("clone", "-q", str(machine.mirror), str(clone))
    (clone / "notes.txt").write_text("mine")
    machine.git("-C", str(clone), "add", "notes.txt")
    machine.git("-C", str(clone), *WHO, "commit", "-qm", "mine")
    machine.git("-C", str(clone), "push", "-q", "origin", "main")
    return [machine.git("rev-parse", "main").strip()]


def a_merge(machine: Machine) -> list[str]:
    feature = commit_on(machine.mirror, "refs/heads/feature", parent="main~1")
    parents = ("-p", "main", "-p", feature)
    merge = machine.git(*WHO, "commit-tree", "main^{tree}", *parents, "-m", "merge").strip()
    machine.git("update-ref", MAIN, merge)
    return [feature, merge]


def amended(machine: Machine) -> list[str]:
    """With its message, which names the event."""
    message = machine.git("log", "-1", "--format=%B", "main")
    parts = ("main^{tree}", "-p", "main~1", "-m", message)
    mine = machine.git(*WHO, "commit-tree", *parts).strip()
    machine.git("update-ref", MAIN, mine)
    return [mine]


def another_history(machine: Machine) -> list[str]:
    mine = machine.git(*WHO, "commit-tree", "main^{tree}", "-m", "mine").strip()
    machine.git("update-ref", MAIN, mine)
    return [mine]


def set_back(machine: Machine) -> list[str]:
    machine.git("update-ref", MAIN, "main~2")
    return []


def set_back_and_gone_on(machine: Machine) -> list[str]:
    return [commit_on(machine.mirror, MAIN, parent="main~2")]


def deleted(machine: Machine) -> list[str]:
    machine.git("update-ref", "-d", MAIN)
    return []


def renamed(machine: Machine) -> list[str]:
    machine.git("branch", "-m", "main", "trunk")
    return [commit_on(machine.mirror, "refs/heads/trunk")]


def in_its_way(machine: Machine) -> list[str]:
    machine.git("branch", "-m", "main", "trunk")
    return [commit_on(machine.mirror, f"{MAIN}/topic", parent="trunk")]


def a_link_to_another(machine: Machine) -> list[str]:
    mine = commit_on(machine.mirror, "refs/heads/other", parent="main")
    machine.git("symbolic-ref", MAIN, "refs/heads/other")
    return [mine]


def detached(machine: Machine) -> list[str]:
    mine = commit_on(machine.mirror, "refs/heads/x", parent="main")
    machine.git("update-ref", "--no-deref", "HEAD", mine)
    machine.git("branch", "-D", "x")
    return [mine]


def detached_in_the_past(machine: Machine) -> list[str]:
    machine.git("update-ref", "--no-deref", "HEAD", "main~1")
    return []


def another_branch(machine: Machine) -> list[str]:
    machine.git("symbolic-ref", "HEAD", "refs/heads/other")
    return [commit_on(machine.mirror, "refs/heads/other", parent="main")]


def a_branch_called_found(machine: Machine) -> list[str]:
    machine.git("branch", "found")
    return [commit_on(machine.mirror, MAIN)]


def packed(machine: Machine) -> list[str]:
    mine = commit_on(machine.mirror, MAIN)
    machine.git("pack-refs", "--all")
    machine.git("gc", "-q")
    return [mine]


def damaged(machine: Machine) -> list[str]:
    (machine.mirror / MAIN).write_bytes(b"")
    return []


def named_wrongly(machine: Machine) -> list[str]:
    (machine.mirror / MAIN).write_text("1" * 40 + "\n")
    return []


def no_head(machine: Machine) -> list[str]:
    (machine.mirror / "HEAD").write_bytes(b"")
    return []


KINDS = [
    on_main, pushed_to_main, a_merge, amended, another_history, set_back, set_back_and_gone_on,
    deleted, renamed, in_its_way, a_link_to_another, detached, detached_in_the_past,
    another_branch, a_branch_called_found, packed, damaged, named_wrongly, no_head,
]  # fmt: skip


def check_all_is_well(machine: Machine, ours: str, theirs: list[str]) -> None:
    """Check that `main` goes on from ours, that HEAD is main, and that no commit is lost."""
    assert machine.git("rev-parse", "main~1").strip() == ours
    assert machine.git("symbolic-ref", "HEAD") == f"{MAIN}\n"
    reached = machine.git("rev-list", "--all").split()
    assert set(theirs) <= set(reached)
    assert "tetra-es" not in machine.git("for-each-ref")
    machine.git("fsck", "--strict")
    machine.ok("verify")
    machine.ok("rebuild", "--check")


SET, REBUILD = ("set", "local", "ports.tetra=5001"), ("rebuild",)


@pytest.mark.parametrize(
    ("kind", "command"),
    [*((kind, SET) for kind in some(KINDS, 1)), *((kind, REBUILD) for kind in some(KINDS, 1))],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_nothing_is_stopped_and_nothing_is_lost(
    machine: Machine, kind: Callable[[Machine], list[str]], command: tuple[str, ...]
) -> None:
    ours = machine.git("rev-parse", "main").strip()
    theirs = kind(machine)
    head = (machine.mirror / "HEAD").read_text()
    for looking in ("verify", "rebuild --check"):
        machine.fails(4, *looking.split())
    assert (machine.mirror / "HEAD").read_text() == head
    done = machine.ok(*command)
    kept = machine.git("for-each-ref", "--format=%(refname:short)", "refs/heads/found*").split()
    for name in kept:
        assert name == "found" or f"kept as {name}\n" in done.err
    if command == REBUILD:
        machine.ok("set", "local", "ports.tetra=5001")
    check_all_is_well(machine, ours, theirs)
    assert machine.ok("set", "local", "ports.tetra=5002").err == ""


def test_what_is_kept_is_named_with_its_time(machine: Machine) -> None:
    mine = commit_on(machine.mirror, MAIN)
    done = machine.ok("set", "local", "ports.tetra=5001")
    (name,) = re.findall(r"kept as (found/\d{8}T\d{6}Z)\n", done.err)
    assert machine.git("rev-parse", name).strip() == mine
    assert f"main in {machine.mirror} had commits that tetra-es did not make" in done.err
    pasted = ["sh", "-c", done.hint().split("`")[1]]
    shown = subprocess.run(pasted, capture_output=True, text=True, check=True)
    assert "+mine\n" in shown.stdout
    again = commit_on(machine.mirror, MAIN, "again")
    machine.git("update-ref", f"refs/heads/{name}-2", mine)
    named = machine.ok("rebuild").err
    assert len({name, *re.findall(r"kept as (found/\S+)\n", named)}) == 2
    assert again in machine.git("rev-list", "--all")


def test_verify_names_what_is_kept_and_is_content(machine: Machine) -> None:
    commit_on(machine.mirror, MAIN)
    machine.ok("set", "local", "ports.tetra=5001")
    done = machine.ok("verify", "-o", "json")
    (name,) = done.json["found"]
    assert done.json["clean"]
    assert f"keeps what people left there: {name}\n" in done.err
    machine.git("branch", "-D", name)
    assert machine.ok("verify").err == ""


def test_a_command_that_records_nothing_repairs_it(machine: Machine) -> None:
    machine.ok("promote", "dev")
    ours = machine.git("rev-parse", "main").strip()
    commit_on(machine.mirror, MAIN)
    assert "kept as found/" in machine.ok("promote", "dev").err
    assert machine.git("rev-parse", "main").strip() == ours


def test_a_push_pushes_ours(machine: Machine) -> None:
    copy = machine.home / "copy.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(copy)], check=True)
    machine.ok("mirror", "add", "origin", str(copy))
    ours = machine.git("rev-parse", "main")
    commit_on(machine.mirror, MAIN)
    machine.ok("mirror", "push")
    pushed = subprocess.run(
        ["git", "-C", str(copy), "rev-parse", "--all"], capture_output=True, text=True, check=True
    )
    assert pushed.stdout == ours


def test_a_rebuild_keeps_branches_tags_and_notes(machine: Machine) -> None:
    commit_on(machine.mirror, "refs/heads/review", parent="main~1")
    machine.git(*WHO, "tag", "-a", "-m", "seen", "seen", "main")
    machine.git("tag", "light")
    machine.git(*WHO, "notes", "add", "-m", "fine with me", "main")
    machine.git("pack-refs", "--all")
    before = machine.git("for-each-ref")
    assert before.count("\n") == 5
    assert machine.ok("rebuild").err == ""
    assert machine.git("for-each-ref") == before
    assert machine.git("notes", "show", "main") == "fine with me\n"
    machine.git("fsck", "--strict")
    machine.ok("verify")


def test_a_rebuild_keeps_work_trees_that_people_added(machine: Machine) -> None:
    tree = machine.home / "tree"
    machine.git("worktree", "add", "-q", "--detach", str(tree), "main~1")
    (tree / "notes.txt").write_text("mine")
    git(tree, "add", "notes.txt")
    git(tree, *WHO, "commit", "-qm", "mine")
    mine = git(tree, "rev-parse", "HEAD")
    assert machine.ok("rebuild").err == ""
    assert git(tree, "rev-parse", "HEAD") == mine
    assert git(tree, "status", "--porcelain") == ""
    machine.git("gc", "-q", "--prune=now")
    assert git(tree, "show", "HEAD:notes.txt") == "mine"
    assert machine.ok("set", "local", "ports.tetra=5001").err == ""
    machine.ok("verify")


def test_a_rebuild_keeps_files_that_people_left(machine: Machine) -> None:
    (machine.mirror / "notes.txt").write_text("mine")
    (machine.mirror / "theirs").mkdir()
    (machine.mirror / "theirs" / "HEAD").write_text("mine")
    machine.git("log", "-1")
    (machine.mirror / "FETCH_HEAD").write_text("of git")
    done = machine.ok("rebuild")
    folder = machine.folder / "kept" / "history"
    assert f"had files that are in no commit; they are kept in {folder}\n" in done.err
    assert sorted(path.name for path in folder.rglob("*")) == ["HEAD", "notes.txt", "theirs"]
    assert machine.ok("rebuild").err == ""
    machine.ok("verify")


def test_a_damaged_mirror_is_rebuilt(machine: Machine) -> None:
    machine.git("gc", "-q")
    for file in (machine.mirror / "objects").rglob("*"):
        if file.is_file():
            file.unlink()
    assert machine.ok("rebuild").err == ""
    machine.ok("verify")


def test_a_mirror_whose_branches_are_damaged_is_kept_aside(machine: Machine) -> None:
    mine = on_main(machine)[0]
    blob = machine.git("rev-parse", f"{mine}:notes.txt").strip()
    (machine.mirror / "objects" / blob[:2] / blob[2:]).unlink()
    done = machine.ok("rebuild")
    aside = machine.folder / "kept" / f"history-at-{machine.last_position()}"
    assert f"the old mirror is kept as {aside}\n" in done.err
    assert mine in (aside / MAIN).read_text() or (aside / "objects" / mine[:2]).is_dir()
    machine.ok("verify")


def test_a_purge_leaves_what_reaches_the_value_behind(machine: Machine) -> None:
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.git("branch", "before")
    for value in ("one", "two"):
        machine.ok("secret", "set", "dev", "A", stdin=value)
    blob = machine.git("rev-parse", "main~1:secrets/dev/A.age").strip()
    machine.git("branch", "after", "main~1")
    commit_on(machine.mirror, MAIN)
    machine.git(*WHO, "notes", "add", "-m", "fine with me", "before")
    aside = machine.folder / "kept" / "history-at-1"
    aside.mkdir(parents=True)
    done = machine.ok("secret", "purge", "dev", "A", "--version", "1", "-m", "leaked")
    refs = machine.git("for-each-ref", "--format=%(refname:short)").split()
    assert refs == ["before", "main", "notes/commits"]
    assert done.err.count("kept as found/") == 1  # by the catching up before
    assert re.search(r"gone from \S+: heads/after, heads/found/\d{8}T\d{6}Z\n", done.err)
    assert f"old mirrors may still have the purged value: {aside}\n" in done.err
    assert blob not in machine.git("cat-file", "--batch-all-objects", "--batch-check")
    machine.ok("verify")
