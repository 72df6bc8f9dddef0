"""`backup`: one file of one moment, while others write."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.conformance.stores import write_store
from tests.conformance.vectors import load
from tetra_es.gate.gate import Gate
from tetra_es.layout import OrgLayout
from tetra_es.log.sqlite import backup as copying
from tetra_es.store.copies import open_stored
from tetra_es.usecases.backup import back_up

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


def test_all_that_was_recorded(machine: Machine) -> None:
    machine.ok("set", "local", "ports.tetra=5555")
    file = machine.home / "last night.db"
    done = machine.ok("backup", str(file))
    events = machine.ok("history", "-o", "json").json
    assert f"backed up {len(events)} events to {file}" in done.out
    with open_stored(file) as log, open_stored(machine.store) as store:
        assert list(log.records()) == list(store.records())
        assert log.head().hash.hex() in done.out
        assert log.damage() == []


def test_it_is_the_users_own_alone(machine: Machine) -> None:
    before = os.umask(0)
    try:
        machine.ok("backup", str(machine.home / "b.db"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((machine.home / "b.db").stat().st_mode) == 0o600
    assert [path.name for path in machine.home.glob("*b.db*")] == ["b.db"]


def test_to_standard_output(machine: Machine) -> None:
    """As people pipe it to a program that encrypts it; nothing is left."""
    done = subprocess.run(
        machine.argv("backup", "-"),
        env=machine.environment(),
        check=False,
        cwd=machine.home,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert b"backed up 2 events" in done.stderr
    assert not (machine.home / "-").exists()
    file = machine.home / "piped.db"
    file.write_bytes(done.stdout)
    with open_stored(file) as log, open_stored(machine.store) as store:
        assert list(log.records()) == list(store.records())


def test_not_to_a_terminal(machine: Machine) -> None:
    leader, follower = os.openpty()
    done = subprocess.run(
        machine.argv("backup", "-"),
        env=machine.environment(),
        stdout=follower,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(follower)
    os.close(leader)
    assert done.returncode == 2
    assert "not for a terminal" in done.stderr


@pytest.mark.parametrize("damage", ["no database", "torn", "zeros"])
def test_a_damaged_one_is_not_restored(machine: Machine, damage: str) -> None:
    """The hint says what helps: not the same command."""
    file = machine.home / "b.db"
    machine.ok("backup", str(file))
    data = file.read_bytes()
    file.write_bytes(
        {
            "no database": b"x" * 5000,
            "torn": data[: len(data) // 2],
            "zeros": data[:5000] + bytes(4000) + data[9000:],
        }[damage]
    )
    done = machine.fails(4, "restore", "--from", str(file), "new")
    assert str(file) in done.error()
    assert "another copy" in done.hint()
    assert "restore" not in done.hint().replace("restored", "")


@pytest.mark.parametrize("there", ["file", "link"])
def test_it_replaces_nothing(machine: Machine, there: str) -> None:
    file = machine.home / "b.db"
    if there == "file":
        file.write_text("precious")
    else:
        file.symlink_to(machine.home / "elsewhere.db")
    done = machine.fails(3, "backup", str(file))
    assert "exists already" in done.error()
    assert not (machine.home / "elsewhere.db").exists()
    assert there != "file" or file.read_text() == "precious"
    assert not list(machine.home.glob(".b.db*"))


def test_a_folder_is_no_place_for_a_file(machine: Machine) -> None:
    for words in (("backup",), ("validate",), ("profile", "test", "dev")):
        for folder in ("/", str(machine.home)):
            error = machine.fails(2, *words, folder).error()
            assert error.endswith(f"file '{folder}' is a directory")


def test_it_belongs_elsewhere(machine: Machine) -> None:
    done = machine.fails(3, "backup", str(machine.folder / "b.db"))
    assert "folder of the organization" in done.error()


def test_a_folder_that_is_not_there(machine: Machine) -> None:
    done = machine.fails(1, "backup", str(machine.home / "no" / "b.db"))
    assert "cannot write" in done.error()


def test_json(machine: Machine) -> None:
    value = machine.ok("backup", str(machine.home / "b.db"), "-o", "json").json
    assert value["event"] == len(machine.ok("history", "-o", "json").json)
    assert value["file"] == str(machine.home / "b.db")


def test_a_store_of_version_2(tmp_path: Path) -> None:
    vector = load("valid-secrets")
    layout = OrgLayout(tmp_path / "acme")
    layout.store.parent.mkdir(parents=True)
    write_store(vector, layout.store)
    done = back_up(layout, tmp_path / "b.db")
    assert done.head == vector.records[-1].head
    with open_stored(tmp_path / "b.db") as log:
        found = [str(each.kind) for each in Gate(log).admit(log.records())]
    assert found == ["valid"] * len(vector.records)


def test_while_somebody_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither waits nor begins again, and has what was there when it began."""
    path = tmp_path / "events.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (n INTEGER, x BLOB)")
        db.executemany("INSERT INTO t VALUES (?, zeroblob(5000))", [(n,) for n in range(50)])
    monkeypatch.setattr(copying, "_PAGES", 1)
    steps: list[int] = []

    def write(done: int, total: int) -> None:
        steps.append(total - done)
        writer = threading.Thread(target=insert)
        writer.start()
        writer.join()

    def insert() -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as db:
            db.execute("INSERT INTO t VALUES (1000, zeroblob(5000))")

    copying.copy(path, tmp_path / "b.db", write)
    assert steps == sorted(steps, reverse=True)
    assert len(steps) > 50
    with closing(sqlite3.connect(tmp_path / "b.db")) as db:
        assert db.execute("SELECT count(*), max(n) FROM t").fetchone() == (50, 49)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list(tmp_path.glob("b.db-*"))
