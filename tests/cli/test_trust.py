"""Pins in commands: `--expect`, `trust`, `repair`, and signers with limits."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.integrity.tampering import opened

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


EVE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIq31rP3gOXdhITo7RXMqXYdQbJPTJ5onD62IqWNmqQM"


def head_of(machine: Machine) -> str:
    row = machine.history()[0]
    return f"{row['event']}:{row['hash']}"


def forget(machine: Machine) -> None:
    """Remove what this account admitted."""
    shutil.rmtree(machine.home / ".local")


def test_a_history_that_is_new_here_shows_its_founder(machine: Machine) -> None:
    forget(machine)
    key = machine.ok("signer", "list", "-o", "json")
    forget(machine)
    done = machine.ok("status")
    assert key.json[0]["fingerprint"] in done.err
    assert "had not seen" in done.err
    assert "had not seen" not in machine.ok("status").err


def test_where_nobody_is_asked_it_must_be_expected(machine: Machine) -> None:
    place = head_of(machine)
    forget(machine)
    for command in (("status",), ("show", "local"), ("set", "local", "ports.tetra=1")):
        done = machine.fails(3, "--no-input", *command)
        assert "--expect" in done.hint()
    wrong = f"2:{'0' * 64}"
    done = machine.fails(4, "--no-input", "--expect", wrong, "status")
    assert "#2 is not the one that was expected" in done.error()
    assert "admitted" not in done.err
    machine.ok("--no-input", "--expect", place, "status")
    # It counts only where there is no pin.
    machine.ok("--no-input", "--expect", wrong, "status")
    machine.ok("--no-input", "set", "local", "ports.tetra=1")


def test_verify_wants_it_of_every_history(machine: Machine) -> None:
    """As `tetra-es-verify` does; a variable may be of another organization."""
    last = machine.history("-n", "1")[0]
    machine.ok("verify", "--expect", f"{last['event']}:{last['hash']}")
    wrong = f"{last['event']}:{'0' * 64}"
    for more in ([], ["--no-derived"], ["--since", str(last["event"])]):
        done = machine.fails(4, "verify", *more, "--expect", wrong)
        assert "is not the one that was expected" in done.error()
    done = machine.fails(4, "verify", "--expect", f"99:{'0' * 64}")
    assert "event #99 was expected, and is not here" in done.error()
    machine.ok("verify", env={"TETRA_EXPECT": wrong})


def test_it_may_be_expected_by_a_variable(machine: Machine) -> None:
    place = head_of(machine)
    forget(machine)
    machine.ok("--no-input", "status", env={"TETRA_EXPECT": place})
    forget(machine)
    done = machine.run("--no-input", "status", env={"TETRA_EXPECT": "41"})
    assert (done.code, "POSITION:HASH" in done.error()) == (2, True)


def test_a_backup_that_was_put_back(machine: Machine, tmp_path: Path) -> None:
    backup = tmp_path / "folder"
    shutil.copytree(machine.folder, backup, symlinks=True)
    place = head_of(machine)
    machine.ok("set", "local", "ports.tetra=1")
    shutil.rmtree(machine.folder)
    shutil.copytree(backup, machine.folder, symlinks=True)
    # Reading works; recording would begin another history.
    machine.ok("status")
    done = machine.fails(4, "set", "local", "ports.tetra=2")
    assert "#3 was admitted" in done.error()
    assert f"trust --head {place}" in done.hint()
    assert machine.fails(3, "trust", "--head", place).out == ""
    assert "#3" in machine.ok("trust", "--head", place, "-n").out
    machine.fails(4, "set", "local", "ports.tetra=2")
    machine.ok("trust", "--head", place, "-m", "the disk broke")
    machine.ok("set", "local", "ports.tetra=2")
    machine.ok("verify")


@pytest.mark.parametrize("words", [("verify",), ("history",), ("set", "local", "ports.tetra=1")])
def test_pins_that_are_no_file(machine: Machine, words: tuple[str, ...]) -> None:
    [pins] = (machine.home / ".local/state/tetra-es").rglob("hashes")
    pins.unlink()
    pins.mkdir()
    assert str(pins) in machine.fails(1, *words).error()


def test_another_machines_store(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=1")
    other = machine.folder.with_name("other")
    machine.org = "other"
    machine.ok("init", "other")
    shutil.copy(other / "store/events.db", machine.folder.with_name("acme") / "store/events.db")
    machine.org = "acme"
    for command in (("set", "local", "ports.tetra=2"), ("verify",), ("show", "local")):
        done = machine.run(*command)
        assert (done.code, "another history" in done.error()) == (4, True), command


def test_a_folder_that_is_founded_again(machine: Machine) -> None:
    machine.ok("status")
    shutil.rmtree(machine.folder)
    assert "had a history before" in machine.fails(3, "init", "acme").error()
    machine.ok("init", "acme", "-m", "the old one was a trial")
    machine.ok("set", "local", "ports.tetra=2")
    machine.ok("verify")


def test_two_copies_of_one_organization(machine: Machine) -> None:
    """One history, found in two places: no false alarm, until they differ."""
    machine.ok("set", "local", "ports.tetra=1")
    shutil.copytree(machine.folder, machine.folder.with_name("copy"), symlinks=True)
    machine.org = "copy"
    machine.ok("status")
    machine.ok("set", "local", "ports.tetra=2")
    machine.org = "acme"
    machine.ok("show", "local")
    assert machine.fails(4, "set", "local", "ports.tetra=3").error()


def test_repair_takes_out_what_is_refused(machine: Machine) -> None:
    assert "no event" in machine.ok("repair").out
    with opened(machine.store) as connection:
        connection.execute(
            "INSERT INTO events SELECT position + 1, stream, version + 1, topic, state, "
            "zeroblob(32), signature FROM events ORDER BY position DESC LIMIT 1"
        )
    machine.ok("status")
    done = machine.fails(4, "set", "local", "ports.tetra=1")
    assert "#3 is refused" in done.error()
    assert "repair" in done.hint()
    said = machine.ok("repair").out
    assert "#3" in said
    (found,) = machine.store.parent.glob("found-*.db")
    with closing(sqlite3.connect(found)) as connection:
        assert connection.execute("SELECT max(position) FROM events").fetchone() == (3,)
    machine.ok("set", "local", "ports.tetra=1")
    machine.ok("verify")
    assert "no event" in machine.ok("repair").out


@pytest.fixture
def bob(machine: Machine) -> dict[str, str]:
    """A signer who may promote to dev and nothing else."""
    env = {"XDG_CONFIG_HOME": str(machine.home / "bob")}
    key = machine.ok("signer", "new", env=env).out.strip()
    machine.ok("signer", "add", "bob", key, "--may", "promote:dev")
    return env


def test_a_signer_with_limits(machine: Machine, bob: dict[str, str]) -> None:
    assert machine.history()[0]["summary"] == "add signer: bob (promote:dev)"
    listed = machine.ok("signer", "list").out.splitlines()
    assert [line.split()[:2] for line in listed[1:]] == [
        ["alice", "everything"],
        ["bob", "promote:dev"],
    ]
    rows = machine.ok("signer", "list", "-o", "json").json
    assert [row["may"] for row in rows] == [None, ["promote:dev"]]
    assert ",promote:dev," in machine.ok("signer", "list", "-o", "csv").out
    machine.ok("promote", "dev", env=bob)
    for command in (
        ("promote", "staging"),
        ("set", "local", "ports.tetra=1"),
        ("signer", "add", "eve", EVE),
    ):
        done = machine.fails(3, *command, env=bob)
        assert "may" in done.error(), command
    machine.ok("verify")


@pytest.mark.parametrize("limit", ["promote", "promote:nowhere", "edit:dev", "purge:dev", "x:dev"])
def test_a_limit_that_is_none(machine: Machine, limit: str) -> None:
    machine.fails(2, "signer", "add", "bob", EVE, "--may", limit)


@pytest.mark.usefixtures("bob")
def test_the_last_signer_without_limits_stays(machine: Machine) -> None:
    done = machine.fails(3, "signer", "rm", "alice")
    assert "without limits" in done.error()


@pytest.fixture
def older(machine: Machine, tmp_path: Path) -> str:
    """Put an older copy of the whole folder back; return its head."""
    place = head_of(machine)
    shutil.copytree(machine.folder, tmp_path / "folder", symlinks=True)
    machine.ok("set", "local", "ports.tetra=1")
    shutil.rmtree(machine.folder)
    shutil.copytree(tmp_path / "folder", machine.folder, symlinks=True)
    return place


ENDS = "the history here ends at #2; #3 was admitted on this account"


def test_verify_finds_that_the_end_is_missing(machine: Machine, older: str) -> None:
    done = machine.fails(4, "verify")
    assert ENDS in done.error()
    assert "restore --from" in done.hint()
    found = machine.run("verify", "-o", "json").json
    assert (found["clean"], len(found["findings"])) == (False, 1)
    machine.ok("trust", "--head", older, "-m", "the disk broke")
    machine.ok("verify")


def test_nothing_is_rebuilt_where_the_end_is_missing(machine: Machine, older: str) -> None:
    done = machine.fails(4, "rebuild")
    assert ENDS in done.error()
    assert f"trust --head {older}" in done.hint()
    assert ENDS in machine.fails(4, "rebuild", "--force").error()
    machine.ok("trust", "--head", older, "-m", "the disk broke")
    machine.ok("rebuild")


def test_a_backup_says_that_the_end_is_missing(
    machine: Machine, older: str, tmp_path: Path
) -> None:
    done = machine.ok("backup", str(tmp_path / "one"))
    assert ENDS in done.err
    assert f"trust --head {older}" in done.err
    machine.ok("trust", "--head", older, "-m", "the disk broke")
    assert "admitted" not in machine.ok("backup", str(tmp_path / "two")).err
