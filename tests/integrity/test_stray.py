"""What people do in `history/` stops nothing, and nothing that they did is lost."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.examples import some

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Machine

WHO = ("-c", "user.name=carol", "-c", "user.email=carol@example.org")


@pytest.fixture
def machine(machine: Machine) -> Machine:
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5000")
    return machine


def commit(machine: Machine, text: str = "mine", name: str = "notes.txt") -> str:
    """Commit a file as a person does; return the commit."""
    (machine.mirror / name).write_text(f"{text}\n")
    machine.git("add", name)
    machine.git(*WHO, "commit", "-qm", text)
    return machine.git("rev-parse", "HEAD").strip()


def on_main(machine: Machine) -> list[str]:
    return [commit(machine), commit(machine, "again")]


def a_merge(machine: Machine) -> list[str]:
    machine.git("checkout", "-q", "-b", "feature", "HEAD~1")
    feature = commit(machine)
    machine.git("checkout", "-q", "main")
    machine.git(*WHO, "merge", "-q", "--no-edit", "feature")
    return [feature, machine.git("rev-parse", "main").strip()]


def amended(machine: Machine) -> list[str]:
    """With its message, which names the event."""
    machine.git(*WHO, "commit", "-q", "--amend", "--no-edit", "--reset-author")
    return [machine.git("rev-parse", "main").strip()]


def rewritten(machine: Machine) -> list[str]:
    machine.git("checkout", "-q", "-b", "x", "main~2")
    machine.git(*WHO, "commit", "-q", "--amend", "--no-edit", "--reset-author")
    machine.git(*WHO, "rebase", "-q", "x", "main")
    machine.git("branch", "-D", "x")
    return [machine.git("rev-parse", "main").strip()]


def another_history(machine: Machine) -> list[str]:
    machine.git("checkout", "-q", "--orphan", "x")
    mine = commit(machine)
    machine.git("branch", "-f", "main")
    machine.git("checkout", "-q", "main")
    machine.git("branch", "-D", "x")
    return [mine]


def set_back(machine: Machine) -> list[str]:
    machine.git("reset", "-q", "--hard", "HEAD~2")
    return []


def set_back_and_gone_on(machine: Machine) -> list[str]:
    machine.git("reset", "-q", "--hard", "HEAD~2")
    return [commit(machine)]


def deleted(machine: Machine) -> list[str]:
    machine.git("checkout", "-q", "--detach")
    machine.git("branch", "-D", "main")
    return []


def renamed(machine: Machine) -> list[str]:
    machine.git("branch", "-m", "main", "trunk")
    return [commit(machine)]


def in_its_way(machine: Machine) -> list[str]:
    machine.git("branch", "-m", "main", "trunk")
    machine.git("checkout", "-q", "-b", "main/topic")
    return [commit(machine)]


def a_link_to_another(machine: Machine) -> list[str]:
    machine.git("checkout", "-q", "-b", "other")
    mine = commit(machine)
    machine.git("symbolic-ref", "refs/heads/main", "refs/heads/other")
    return [mine]


def detached(machine: Machine) -> list[str]:
    machine.git("checkout", "-q", "--detach", "HEAD~1")
    return [commit(machine)]


def detached_in_the_past(machine: Machine) -> list[str]:
    machine.git("checkout", "-q", "HEAD~1")
    return []


def another_branch(machine: Machine) -> list[str]:
    machine.git("checkout", "-q", "-b", "other", "HEAD~1")
    return [commit(machine)]


def a_branch_called_found(machine: Machine) -> list[str]:
    machine.git("branch", "found")
    return [commit(machine)]


def packed(machine: Machine) -> list[str]:
    mine = commit(machine)
    machine.git("pack-refs", "--all")
    machine.git("gc", "-q")
    return [mine]


def damaged(machine: Machine) -> list[str]:
    (machine.mirror / ".git/refs/heads/main").write_bytes(b"")
    return []


def named_wrongly(machine: Machine) -> list[str]:
    (machine.mirror / ".git/refs/heads/main").write_text("1" * 40 + "\n")
    return []


def no_head(machine: Machine) -> list[str]:
    (machine.mirror / ".git/HEAD").write_bytes(b"")
    return []


KINDS = [
    on_main, a_merge, amended, rewritten, another_history, set_back, set_back_and_gone_on, deleted,
    renamed, in_its_way, a_link_to_another, detached, detached_in_the_past, another_branch,
    a_branch_called_found, packed, damaged, named_wrongly, no_head,
]  # fmt: skip


def check_all_is_well(machine: Machine, ours: str, theirs: list[str]) -> None:
    """Check that `main` goes on from ours, is checked out, and that no commit is lost."""
    assert machine.git("rev-parse", "main~1").strip() == ours
    assert machine.git("status", "--porcelain", "--untracked-files=no") == ""
    assert machine.git("branch", "--show-current") == "main\n"
    reached = machine.git("rev-list", "--all").split()
    assert set(theirs) <= set(reached)
    assert "tetra-es" not in machine.git("for-each-ref")
    machine.git("fsck", "--strict")
    (machine.mirror / "notes.txt").unlink(missing_ok=True)
    machine.ok("verify")
    machine.ok("rebuild", "--check")


SET, REBUILD = ("set", "local", "ports.tetra=5001"), ("rebuild",)


@pytest.mark.parametrize(
    ("kind", "command"),
    [*((kind, SET) for kind in KINDS), *((kind, REBUILD) for kind in some(KINDS, 5))],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_nothing_is_stopped_and_nothing_is_lost(
    machine: Machine, kind: Callable[[Machine], list[str]], command: tuple[str, ...]
) -> None:
    ours = machine.git("rev-parse", "main").strip()
    theirs = kind(machine)
    head = (machine.mirror / ".git/HEAD").read_text()
    for looking in ("verify", "rebuild --check"):
        machine.fails(4, *looking.split())
    assert (machine.mirror / ".git/HEAD").read_text() == head
    done = machine.ok(*command)
    kept = machine.git("for-each-ref", "--format=%(refname:short)", "refs/heads/found*").split()
    for name in kept:
        assert name == "found" or f"kept as {name}\n" in done.err
    if command == REBUILD:
        machine.ok("set", "local", "ports.tetra=5001")
    check_all_is_well(machine, ours, theirs)
    assert machine.ok("set", "local", "ports.tetra=5002").err == ""


def test_what_is_kept_is_named_with_its_time(machine: Machine) -> None:
    mine = commit(machine)
    done = machine.ok("set", "local", "ports.tetra=5001")
    (name,) = re.findall(r"kept as (found/\d{8}T\d{6}Z)\n", done.err)
    assert machine.git("rev-parse", name).strip() == mine
    assert f"main in {machine.mirror} had commits that tetra-es did not make" in done.err
    pasted = ["sh", "-c", done.hint().split("`")[1]]
    shown = subprocess.run(pasted, capture_output=True, text=True, check=True)
    assert "+mine\n" in shown.stdout
    again = commit(machine, "again")
    machine.git("update-ref", f"refs/heads/{name}-2", mine)
    named = machine.ok("rebuild").err
    assert len({name, *re.findall(r"kept as (found/\S+)\n", named)}) == 2
    assert again in machine.git("rev-list", "--all")


def test_verify_names_what_is_kept_and_is_content(machine: Machine) -> None:
    commit(machine)
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
    commit(machine)
    assert "kept as found/" in machine.ok("promote", "dev").err
    assert machine.git("rev-parse", "main").strip() == ours


def test_a_push_pushes_ours(machine: Machine) -> None:
    copy = machine.home / "copy.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(copy)], check=True)
    machine.ok("mirror", "add", "origin", str(copy))
    ours = machine.git("rev-parse", "main")
    commit(machine)
    machine.ok("mirror", "push")
    pushed = subprocess.run(
        ["git", "-C", str(copy), "rev-parse", "--all"], capture_output=True, text=True, check=True
    )
    assert pushed.stdout == ours


@pytest.mark.parametrize("staged", [False, True])
def test_a_file_that_was_changed_and_not_committed(machine: Machine, staged: bool) -> None:
    """Such as by somebody who takes it for the one in the organization's folder."""
    file = machine.mirror / "environments" / "local.toml"
    file.write_text(file.read_text() + "# mine\n")
    if staged:
        machine.git("add", "environments/local.toml")
    done = machine.ok("set", "local", "ports.tetra=5001")
    (name,) = re.findall(r"not committed; they are kept as (found/\S+)\n", done.err)
    assert "# mine" in machine.git("show", f"{name}:environments/local.toml")
    assert "# mine" not in file.read_text()
    assert machine.git("status", "--porcelain") == ""
    machine.ok("verify")


def test_other_files_stay_as_they_are_until_a_rebuild(machine: Machine) -> None:
    changed, made = machine.mirror / "manifest.toml", machine.mirror / 'odd "name"\n'
    changed.write_text("x = 1\n")
    made.write_text("mine\n")
    (machine.mirror / ".git" / "description").write_text("kept? no")
    assert machine.ok("set", "local", "ports.tetra=5001").err == ""
    assert (changed.read_text(), made.read_text()) == ("x = 1\n", "mine\n")
    assert "history/manifest.toml was changed" in machine.fails(4, "verify").out
    done = machine.ok("rebuild")
    (name,) = re.findall(r"not committed; they are kept as (found/\S+)\n", done.err)
    assert machine.git("show", f"{name}:manifest.toml") == "x = 1\n"
    assert machine.git("show", f"{name}:{made.name}") == "mine\n"
    assert not made.exists()
    machine.ok("verify")


def test_a_rebuild_keeps_branches_tags_notes_and_the_stash(machine: Machine) -> None:
    machine.git("checkout", "-q", "-b", "review", "HEAD~1")
    commit(machine)
    machine.git(*WHO, "tag", "-a", "-m", "seen", "seen", "main")
    machine.git("tag", "light")
    machine.git(*WHO, "notes", "add", "-m", "fine with me", "main")
    for text in ("earlier", "later"):
        (machine.mirror / "notes.txt").write_text(f"{text}\n")
        machine.git(*WHO, "stash")
    machine.git("checkout", "-q", "main")
    machine.git("pack-refs", "--all")
    before = machine.git("for-each-ref")
    assert before.count("\n") == 6
    assert machine.ok("rebuild").err == ""
    assert machine.git("for-each-ref") == before
    assert machine.git("notes", "show", "main") == "fine with me\n"
    assert "+later" in machine.git("stash", "show", "-p")
    assert "+earlier" in machine.git("stash", "show", "-p", "stash@{1}")
    machine.git("fsck", "--strict")
    machine.ok("verify")


def test_a_damaged_mirror_is_rebuilt(machine: Machine) -> None:
    machine.git("gc", "-q")
    for file in (machine.mirror / ".git" / "objects").rglob("*"):
        if file.is_file():
            file.unlink()
    assert machine.ok("rebuild").err == ""
    machine.ok("verify")


def test_a_mirror_whose_branches_are_damaged_is_kept_aside(machine: Machine) -> None:
    mine = on_main(machine)[0]
    blob = machine.git("rev-parse", f"{mine}:notes.txt").strip()
    (machine.mirror / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    done = machine.ok("rebuild")
    aside = machine.folder / f".history.kept-at-{machine.last_position()}"
    assert f"the old mirror is kept as {aside}\n" in done.err
    assert (aside / "notes.txt").read_text() == "again\n"
    machine.ok("verify")


def test_another_repository_in_the_work_tree_is_kept_aside(machine: Machine) -> None:
    subprocess.run(["git", "init", "-q", str(machine.mirror / "mine")], check=True)
    machine.ok("set", "local", "ports.tetra=5001")
    assert (machine.mirror / "mine" / ".git").exists()
    machine.ok("rebuild")
    aside = machine.folder / f".history.kept-at-{machine.last_position()}"
    assert (aside / "mine" / ".git" / "HEAD").exists()
    machine.ok("verify")


def test_a_purge_leaves_what_reaches_the_value_behind(machine: Machine) -> None:
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.git("branch", "before")
    for value in ("one", "two"):
        machine.ok("secret", "set", "dev", "A", stdin=value)
    blob = machine.git("rev-parse", "main~1:secrets/dev/A.age").strip()
    machine.git("branch", "after", "main~1")
    commit(machine)
    machine.git(*WHO, "notes", "add", "-m", "fine with me", "before")
    done = machine.ok("secret", "purge", "dev", "A", "--version", "1", "-m", "leaked")
    refs = machine.git("for-each-ref", "--format=%(refname:short)").split()
    assert refs == ["before", "main", "notes/commits"]
    assert done.err.count("kept as found/") == 1
    assert re.search(r"gone from \S+: heads/after, heads/found/\d{8}T\d{6}Z\n", done.err)
    assert blob not in machine.git("cat-file", "--batch-all-objects", "--batch-check")
    machine.ok("verify")
