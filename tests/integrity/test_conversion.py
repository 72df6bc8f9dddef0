"""A mirror of the first edition, with a work tree, becomes bare; nothing of people's is lost."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.mirrors import WHO, give_work_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine


@pytest.fixture(scope="module")
def prepared(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with a promotion and an edit after it. For copies alone."""
    machine = founded.copy(tmp_path_factory.mktemp("prepared") / "home")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5000")
    give_work_tree(machine.mirror)
    return machine


@pytest.fixture
def machine(prepared: Machine, tmp_path: Path) -> Machine:
    """A copy of it."""
    return prepared.copy(tmp_path / "home")


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
    """Check that the mirror is bare, that `main` goes on from ours, and that no commit is lost."""
    assert machine.git("rev-parse", "main~1").strip() == ours
    assert machine.git("rev-parse", "--is-bare-repository") == "true\n"
    assert machine.git("symbolic-ref", "HEAD") == "refs/heads/main\n"
    reached = machine.git("rev-list", "--all").split()
    assert set(theirs) <= set(reached)
    assert "tetra-es" not in machine.git("for-each-ref")
    machine.git("fsck", "--strict")
    machine.ok("verify")
    machine.ok("rebuild", "--check")


@pytest.mark.parametrize("kind", some(KINDS, 1))
def test_nothing_is_stopped_and_nothing_is_lost(
    machine: Machine, kind: Callable[[Machine], list[str]]
) -> None:
    ours = machine.git("rev-parse", "main").strip()
    theirs = kind(machine)
    done = machine.ok("set", "local", "ports.tetra=5001")
    kept = machine.git("for-each-ref", "--format=%(refname:short)", "refs/heads/found*").split()
    for name in kept:
        assert name == "found" or f"kept as {name}\n" in done.err
    check_all_is_well(machine, ours, theirs)
    assert machine.ok("set", "local", "ports.tetra=5002").err == ""


@pytest.mark.parametrize("command", ["promote dev", "mirror add origin /nonexistent", "rebuild"])
def test_the_next_command_converts_it_and_says_so(machine: Machine, command: str) -> None:
    machine.ok("promote", "dev")
    give_work_tree(machine.mirror)
    head = machine.git("rev-parse", "main")
    for looking in ("verify", "rebuild --check", "status", "history", "mirror list", "show dev"):
        assert "bare" not in machine.ok(*looking.split()).err
    assert (machine.mirror / ".git").exists()
    done = machine.ok(*command.split())
    assert f"{machine.mirror} is a bare repository now" in done.err
    assert machine.git("rev-parse", "main") == head
    assert not (machine.mirror / ".git").exists()
    assert sorted(path.name for path in machine.folder.iterdir()) == [
        ".gitignore", "environments", "history", "manifest.toml", "store",
    ]  # fmt: skip
    pasted = ["sh", "-c", done.hint().split("`")[1]]
    subprocess.run(pasted, check=True, cwd=machine.home)
    clone = machine.home / "acme-history" / "environments" / "dev.toml"
    assert clone.read_bytes() == machine.toml("dev").read_bytes()
    assert machine.ok("promote", "dev").err == ""
    machine.ok("verify")


def kept(machine: Machine) -> dict[str, str]:
    """Return path to text of what was moved out of the work tree."""
    folder = machine.folder / "kept" / "history"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


@pytest.mark.parametrize("command", ["set local ports.tetra=5001", "rebuild"])
def test_files_that_no_commit_has_are_kept(machine: Machine, command: str) -> None:
    local = machine.mirror / "environments" / "local.toml"
    local.write_text(local.read_text() + "# mine\n")
    machine.git("add", "environments/local.toml")
    odd = machine.mirror / 'odd "name"\n'
    odd.write_text("mine\n")
    (machine.mirror / "link").symlink_to("/etc/hostname")
    subprocess.run(["git", "init", "-q", str(machine.mirror / "theirs")], check=True)
    done = machine.ok(*command.split())
    folder = machine.folder / "kept" / "history"
    assert f"had files that are in no commit; they are kept in {folder}\n" in done.err
    assert kept(machine)["environments/local.toml"].endswith("# mine\n")
    assert kept(machine)[odd.name] == "mine\n"
    assert (folder / "link").is_symlink()
    assert (folder / "theirs" / ".git" / "HEAD").exists()
    assert not (folder / "manifest.toml").exists()
    assert folder.stat().st_mode & 0o777 == 0o700
    machine.ok("verify")


def test_what_is_kept_already_is_not_replaced(machine: Machine) -> None:
    for text in ("first", "second"):
        (machine.mirror / "notes.txt").write_text(text)
        machine.ok("rebuild")
        give_work_tree(machine.mirror)
    assert kept(machine) == {"notes.txt": "first"}
    assert (machine.folder / "kept" / "history-2" / "notes.txt").read_text() == "second"


def test_nothing_is_moved_to_where_a_link_leads(machine: Machine) -> None:
    (machine.folder / "kept").symlink_to(machine.home)
    (machine.mirror / "notes.txt").write_text("mine")
    before = set(machine.home.iterdir())
    machine.fails(1, "rebuild")
    assert set(machine.home.iterdir()) == before
    assert (machine.mirror / "notes.txt").read_text() == "mine"


def test_branches_tags_notes_and_the_stash_stay(machine: Machine) -> None:
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
    for _ in range(2):
        assert "kept" not in machine.ok("rebuild").err
        assert machine.git("rev-parse", "--is-bare-repository") == "true\n"
        assert machine.git("for-each-ref") == before
        assert machine.git("notes", "show", "main") == "fine with me\n"
        for number, text in enumerate(("later", "earlier")):
            stashed = f"stash@{{{number}}}"
            assert f"+{text}\n" in machine.git("diff", f"{stashed}^", stashed)
    machine.git("fsck", "--strict")
    machine.ok("verify")


def test_a_mirror_whose_branches_are_damaged_is_kept_whole(machine: Machine) -> None:
    mine = on_main(machine)[0]
    blob = machine.git("rev-parse", f"{mine}:notes.txt").strip()
    (machine.mirror / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    done = machine.ok("rebuild")
    aside = machine.folder / "kept" / f"history-at-{machine.last_position()}"
    assert f"the old mirror is kept as {aside}\n" in done.err
    assert (aside / "notes.txt").read_text() == "again\n"
    machine.ok("verify")


def test_a_purge_converts_it_and_keeps_files_without_the_value(machine: Machine) -> None:
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    for value in ("one", "two"):
        machine.ok("secret", "set", "dev", "A", stdin=value)
    give_work_tree(machine.mirror)
    machine.git("checkout", "-q", "main~1")  # where the value's age file is
    blob = machine.git("rev-parse", "main~1:secrets/dev/A.age").strip()
    (machine.mirror / "notes.txt").write_text("mine")
    machine.ok("secret", "purge", "dev", "A", "--version", "1", "-m", "leaked")
    assert kept(machine) == {"notes.txt": "mine"}
    assert blob not in machine.git("cat-file", "--batch-all-objects", "--batch-check")
    machine.ok("verify")


def test_an_unreadable_configuration_is_kept(machine: Machine) -> None:
    config = machine.mirror / ".git" / "config"
    config.write_text("[core\n")
    machine.ok("rebuild")
    assert kept(machine) == {".git/config": "[core\n"}
    machine.ok("verify")
