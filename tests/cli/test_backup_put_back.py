"""Last night's store is put back, and everything else in the folder is newer."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.machine import Machine


def put_back(machine: Machine, backup: str) -> None:
    """Put a backup in the place of the store, as a person does it: by `cp`."""
    for file in machine.store.parent.glob("events.db*"):
        file.unlink()
    shutil.copy(backup, machine.store)


@pytest.fixture
def head(machine: Machine) -> str:
    """Put the store of #5 back where everything else is at #9; return what it ends with."""
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5001")
    machine.ok("set", "local", "ports.tetra=5002")
    row = machine.history()[0]
    backup = str(machine.home / "last-night.db")
    machine.ok("backup", backup)
    machine.ok("promote", "dev")
    machine.ok("promote", "staging")
    machine.ok("set", "local", "ports.tetra=5003")
    put_back(machine, backup)
    return f"{row['event']}:{row['hash']}"


READING = (
    ("status",),
    ("history",),
    ("show", "dev"),
    ("show", "local", "--at", "3"),
    ("blame", "dev"),
    ("diff", "dev@1", "dev"),
    ("signer", "list"),
    ("secret", "list", "dev"),
    ("event", "5"),
)


def test_reading_works_before_anybody_says_what_is_right(machine: Machine, head: str) -> None:
    before = machine.git("rev-parse", "main")
    for command in READING:
        machine.ok(*command)
    assert [row["event"] for row in machine.history()] == [5, 4, 3, 2, 1]
    assert "tetra = 5002" in machine.ok("show", "local").out
    # The newer files and commits stay: they may be all there is of it.
    assert machine.git("rev-parse", "main") == before
    assert "5001" in machine.toml("dev").read_text() or machine.toml("staging").exists()
    for command in (("set", "local", "x=1"), ("rebuild",), ("rebuild", "--force"), ("verify",)):
        assert machine.run(*command).code == 4, command
    assert machine.git("rev-parse", "main") == before
    assert head in machine.fails(4, "promote", "dev").hint()


def test_nobody_signs_that_it_is_all_there_is(machine: Machine, head: str, tmp_path: Path) -> None:
    """Who gets the signature cannot find out that what is newer was left out."""
    file = tmp_path / "e.zip"
    for command in (("checkpoint",), ("export", str(file)), ("export", str(file), "--chain")):
        done = machine.fails(4, "audit", *command)
        assert "#8 was admitted on this account already" in done.error()
        assert head in done.hint()
        assert not file.exists()
    machine.ok("audit", "export", str(file), "--unsigned")
    machine.ok("trust", "--head", head, "-m", "last night's is right")
    machine.ok("audit", "checkpoint")


def test_who_follows_is_told_that_events_are_gone(machine: Machine, head: str) -> None:
    """As where another event is in their place; while it is running, and when started again."""
    missing = f"8:{'0' * 64}"
    for more in (["--no-wait"], []):
        done = machine.fails(4, "audit", "follow", *more, "--after", missing)
        assert "#8 was admitted on this account already" in done.error()
    machine.ok("trust", "--head", head, "-m", "last night's is right")
    done = machine.fails(4, "audit", "follow", "--no-wait", "--after", missing)
    assert "#8 was taken, 0000000000000000…, and the events here are #1 to #5" in done.error()
    assert "there is no event #8" in machine.fails(1, "audit", "follow", "--after", "8").error()


def promote(machine: Machine) -> None:
    machine.ok("promote", "prod")


def look(machine: Machine) -> None:
    machine.ok("status")


def rebuild(machine: Machine) -> None:
    machine.ok("rebuild", "--force")


def rebuild_without_views(machine: Machine) -> None:
    for file in machine.store.parent.glob("views.db*"):
        file.unlink()
    machine.ok("rebuild", "--force")


def promote_without_views(machine: Machine) -> None:
    for file in machine.store.parent.glob("views.db*"):
        file.unlink()
    machine.ok("promote", "prod")


FIRST = [promote, look, rebuild, rebuild_without_views, promote_without_views]


@pytest.mark.parametrize(("first", "looked"), some(product(FIRST, [False, True]), 1))
def test_all_goes_on_from_there(
    machine: Machine, head: str, first: Callable[[Machine], None], *, looked: bool
) -> None:
    """`trust` says which is right; what was derived of later events is caught back, and kept."""
    main = machine.git("rev-parse", "main").strip()
    if looked:
        machine.ok("status")
    machine.ok("trust", "--head", head, "-m", "the disk broke")
    first(machine)
    machine.ok("promote", "dev", "--force")
    # The commits of the lost events are kept, and named.
    (found,) = machine.git("for-each-ref", "--format=%(objectname)", "refs/heads/found").split()
    assert found == main
    machine.ok("promote", "staging", "--force")
    machine.ok("set", "local", "ports.tetra=5004")
    machine.ok("rollback", "dev")
    assert "verified" in machine.ok("verify").out
    commit = machine.git("rev-parse", "main").strip()
    newest = machine.history("-n", "1")[0]["event"]
    assert machine.ok("event", commit, "-o", "json").json["event"] == newest
    machine.ok("rebuild", "--check")


def test_what_was_typed_is_kept(machine: Machine, head: str) -> None:
    """The text that a lost event recorded is an edit again that is not recorded."""
    machine.ok("trust", "--head", head, "-m", "the disk broke")
    done = machine.ok("status")
    assert "environments/local.toml" in done.out
    assert "5003" in machine.toml("local").read_text()
    machine.ok("record")
    assert "tetra = 5003" in machine.ok("show", "local").out
    assert "verified" in machine.ok("verify").out


@LONG_TAIL
def test_a_state_folder_that_is_gone_makes_no_older_store_the_right_one(
    machine: Machine, head: str
) -> None:
    """Views or mirror alone show then that something is missing."""
    shutil.rmtree(machine.home / ".local")
    for _ in range(2):  # the first must not make the second believe it
        for command in (("status",), ("set", "local", "x.y=1"), ("rebuild", "--force")):
            assert "#6 is lost" in machine.fails(4, *command).error()
        assert "#6 is lost" in machine.fails(4, "verify").error()
    for file in machine.store.parent.glob("views.db*"):
        file.unlink()
    assert "the mirror goes to #8" in machine.fails(4, "status").error()
    machine.ok("trust", "--head", head, "-m", "the disk broke")
    asked = machine.fails(3, "promote", "prod")
    assert "local.toml was changed by hand, and nothing tells on which" in asked.error()
    machine.ok("record", "--base", "local@3")
    machine.ok("promote", "prod")
    machine.ok("rebuild", "--force")  # without views, nothing tells what generated files were
    assert "verified" in machine.ok("verify").out


def test_a_state_folder_that_is_gone_makes_no_fork_the_right_one(machine: Machine) -> None:
    """The newest event is another one than views and mirror have."""
    other = machine.home.with_name("other")
    shutil.copytree(machine.home, other, symlinks=True)
    forger = replace(machine, home=other)
    forger.ok("set", "local", "ports.tetra=6666")
    forger.ok("backup", str(other / "store.db"))
    machine.ok("set", "local", "ports.tetra=5001")
    put_back(machine, str(other / "store.db"))
    shutil.rmtree(machine.home / ".local")
    assert "another event #3" in machine.fails(4, "status").error()
    for file in machine.store.parent.glob("views.db*"):
        file.unlink()
    assert "the mirror has another event #3" in machine.fails(4, "promote", "dev").error()


def test_moved_linked_and_copied_folders_raise_no_alarm(machine: Machine) -> None:
    machine.ok("promote", "dev")
    org = machine.folder.parent
    machine.folder.rename(org / "moved")
    (org / "acme").symlink_to(org / "moved")
    for name in ("acme", "moved"):
        machine.ok("--org", name, "status")
        machine.ok("--org", name, "set", "local", f"x.{name}=1")
        assert "verified" in machine.ok("--org", name, "verify").out
    shutil.copytree(org / "moved", org / "copied", symlinks=True)
    machine.ok("--org", "copied", "set", "local", "x.copied=1")
    assert "verified" in machine.ok("--org", "copied", "verify").out
    # The first clone is behind now: it is read, and not recorded to.
    machine.ok("--org", "moved", "status")
    assert machine.run("--org", "moved", "set", "local", "x.y=1").code == 4
    shutil.rmtree(machine.home / ".local")
    assert "had not seen" in machine.ok("--org", "moved", "status").err
