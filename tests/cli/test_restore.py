"""`restore`: the same history again, from a mirror or a backup."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.elsewhere import backup, elsewhere, url
from tests.examples import LONG_TAIL, some
from tests.first_edition.archive import unpack
from tests.machine import Machine
from tetra_es.disk import atomic
from tetra_es.store.copies import open_stored
from tetra_es.usecases.restoring import restore as restoring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def kept(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A history of secrets, one of them purged, promotions and a rollback. For copies alone."""
    machine = founded.copy(tmp_path_factory.mktemp("kept") / "home")
    machine.ok("identity", "new")
    machine.ok("recipient", "add", "dev", "alice", machine.ok("identity", "show").out.split()[0])
    machine.ok("secret", "set", "dev", "TOKEN", stdin="one")
    machine.ok("secret", "set", "dev", "TOKEN", stdin="two")
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5555", "-m", "a free port")
    machine.ok("promote", "dev")
    machine.ok("rollback", "dev")
    machine.ok("secret", "purge", "dev", "TOKEN", "--version", "1", "-m", "leaked")
    return machine


@pytest.fixture
def lived(kept: Machine, tmp_path: Path) -> Machine:
    """A copy of it."""
    return kept.copy(tmp_path / "home")


def commits(machine: Machine) -> str:
    git = ["git", "--git-dir", str(machine.mirror), "log", "--format=%H %s", "main"]
    return subprocess.run(git, check=True, capture_output=True, text=True).stdout


def mirror(machine: Machine) -> str:
    return str(machine.mirror)


def clone(machine: Machine) -> str:
    path = machine.home / "clone"
    subprocess.run(["git", "clone", "-q", str(machine.mirror), str(path)], check=True)
    return str(path)


@pytest.mark.parametrize("place", some([mirror, clone, url, backup], 1))
def test_the_same_history(lived: Machine, place: Callable[[Machine], str]) -> None:
    before, history = commits(lived), lived.ok("history", "-o", "json").json
    other = elsewhere(lived)
    done = other.ok("restore", "--from", place(lived))
    assert f"restored {len(history)} events of acme" in done.out
    assert commits(other) == before
    assert other.ok("history", "-o", "json").json == history
    assert "verified" in other.ok("verify").out
    assert other.ok("secret", "get", "dev", "TOKEN").out.strip() == "two"
    for path in ("environments/dev.toml", "manifest.toml", "secrets/dev/TOKEN.age"):
        assert (other.folder / path).read_bytes() == (lived.folder / path).read_bytes()
    other.ok("promote", "dev")
    other.ok("rollback", "dev")
    other.ok("secret", "set", "dev", "TOKEN", stdin="three")
    assert "verified" in other.ok("verify").out


def test_nothing_is_left_beside_it(lived: Machine) -> None:
    other = elsewhere(lived)
    other.ok("restore", "--from", mirror(lived))
    found = {path.name for path in other.store.parent.iterdir()}
    assert found <= {"events.db", "events.db-wal", "events.db-shm", "views.db", "lock"} | {
        "views.db-wal", "views.db-shm",
    }  # fmt: skip
    assert other.store.stat().st_mode & 0o777 == 0o600
    assert other.folder.stat().st_mode & 0o777 == 0o700


def test_a_purged_value_stays_away(lived: Machine) -> None:
    """Where the copy has it still: somebody restored a file of before the purge by hand."""
    other = elsewhere(lived)
    other.ok("restore", "--from", backup(lived))
    with open_stored(lived.store) as one, open_stored(other.store) as two:
        assert sorted(one.bodies(), key=repr) == sorted(two.bodies(), key=repr)
        assert None in dict(two.bodies()).values()


def test_by_name_and_folder(lived: Machine) -> None:
    other = elsewhere(lived)
    other.env["TETRA_ORG"] = ""
    done = other.ok("--dir", str(other.home / "here"), "restore", "--from", mirror(lived))
    assert (other.home / "here/org/acme/store/events.db").is_file()
    assert "acme" in done.out
    done = other.fails(2, "restore", "--from", mirror(lived), "other")
    assert "the history of acme, not of other" in done.error()
    assert not (other.home / "tetra/org/other/store/events.db").exists()


def test_what_is_here_already(lived: Machine) -> None:
    done = lived.fails(3, "restore", "--from", mirror(lived))
    assert "here already, with all events" in done.error()
    older = backup(lived)
    lived.ok("set", "local", "ports.tetra=6666")
    before = lived.store.read_bytes()
    done = lived.fails(3, "restore", "--from", older)
    assert "the copy only to" in done.error()
    assert lived.store.read_bytes() == before


def test_another_history_of_the_same_name(lived: Machine) -> None:
    other = elsewhere(lived)
    other.ok("init", "acme")
    done = other.fails(3, "restore", "--from", backup(lived))
    assert "has another history" in done.error()


def test_a_lost_store_from_its_own_mirror(lived: Machine) -> None:
    """An edit that is not recorded stays."""
    lived.ok("record")  # the folder was copied: what was written there is known from now on
    before, edited = commits(lived), lived.folder / "environments/local.toml"
    edited.write_text(edited.read_text() + "# mine\n")
    shutil.rmtree(lived.store.parent)
    done = lived.fails(4, "status")
    assert f"tetra-es restore --from {lived.mirror} acme" in done.hint()
    lived.ok("restore", "--from", mirror(lived), "acme")
    assert commits(lived) == before
    assert edited.read_text().endswith("# mine\n")
    assert "environments/local.toml" in lived.ok("status").out
    lived.ok("record")
    assert "verified" in lived.ok("verify").out


def test_a_damaged_store_is_replaced_and_kept(lived: Machine) -> None:
    copy = backup(lived)
    damaged = bytearray(lived.store.read_bytes())
    damaged[5000:9000] = bytes(4000)
    lived.store.write_bytes(damaged)
    lived.fails(4, "verify")
    done = lived.ok("restore", "--from", copy)
    kept = lived.store.parent / "replaced-1"
    assert str(kept) in done.err
    assert (kept / "events.db").read_bytes()[5000:9000] == bytes(4000)
    assert "verified" in lived.ok("verify").out


def test_a_store_that_lost_events_is_replaced(lived: Machine) -> None:
    older = backup(lived)
    lived.ok("set", "local", "ports.tetra=6666")
    copy = str(lived.home / "newer.db")
    lived.ok("backup", copy)
    for ending in ("-wal", "-shm"):
        lived.store.with_name(f"{lived.store.name}{ending}").unlink(missing_ok=True)
    lived.store.unlink()
    shutil.copy(older, lived.store)
    assert "tetra-es restore --from" in lived.fails(4, "verify").hint()
    lived.ok("restore", "--from", copy)
    assert "verified" in lived.ok("verify").out


def test_a_mirror_that_has_more(lived: Machine) -> None:
    """Last night's backup would lose what the mirror here still has."""
    copy = backup(lived)
    lived.ok("set", "local", "ports.tetra=6666")
    shutil.rmtree(lived.store.parent)
    done = lived.fails(3, "restore", "--from", copy)
    assert f"tetra-es restore --from {lived.mirror} acme" in done.hint()
    assert not lived.store.exists()
    lived.ok("restore", "--from", mirror(lived))
    assert "verified" in lived.ok("verify").out


def test_a_backup_that_is_older_than_what_was_admitted(lived: Machine) -> None:
    copy = backup(lived)
    lived.ok("set", "local", "ports.tetra=6666")
    newer = str(lived.home / "newer.db")
    lived.ok("backup", newer)
    shutil.rmtree(lived.folder)
    lived.ok("restore", "--from", newer)
    shutil.rmtree(lived.folder)
    done = lived.ok("restore", "--from", copy)
    assert "older than" in done.err


@LONG_TAIL
def test_another_organization_was_here(lived: Machine) -> None:
    other = elsewhere(lived)
    other.ok("init", "acme")
    mine = backup(other)
    shutil.rmtree(other.folder)
    other.ok("restore", "--from", mine)
    shutil.rmtree(other.folder)
    done = other.fails(4, "restore", "--from", mirror(lived))
    assert "another history than before" in done.error()
    other.ok("restore", "--from", mirror(lived), "-m", "founded by mistake")
    assert "verified" in other.ok("verify").out


NEW_STATE = "CAST(replace(CAST(state AS TEXT), 'alice', 'mallo') AS BLOB)"
FORGERIES = {
    "state": (
        f"UPDATE stored_events SET state = {NEW_STATE} WHERE rowid = 4",
        f"UPDATE events SET state = {NEW_STATE} WHERE position = 4",
    ),
    "signature": (
        "UPDATE event_proofs SET signature = zeroblob(64) WHERE position = 4",
        "UPDATE events SET signature = zeroblob(64) WHERE position = 4",
    ),
    "secret": (
        "DELETE FROM sealed_values WHERE ciphertext IS NOT NULL",
        "DELETE FROM bodies WHERE content IS NOT NULL",
    ),
}
"""What somebody does to a file of the first edition, and to one of version 2."""


def forge(path: Path, *statements: str) -> None:
    """Change a file past what guards it; the statement is that for its edition."""
    with closing(sqlite3.connect(path)) as store:
        version = store.execute("PRAGMA user_version").fetchone()[0]
        guards = store.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        kept = guards.fetchall()
        for name, _ in kept:
            store.execute(f"DROP TRIGGER {name}")
        assert store.execute(statements[version - 1]).rowcount
        for _, sql in kept:
            store.execute(sql)
        store.commit()


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_copy_is_refused(lived: Machine, what: str) -> None:
    copy = backup(lived)
    forge(lived.home / "b.db", *FORGERIES[what])
    other = elsewhere(lived)
    done = other.fails(4, "restore", "--from", copy)
    assert "nothing was restored" in done.hint()
    assert not (other.home / "tetra").exists()


def everything(machine: Machine) -> set[Path]:
    return set(machine.home.rglob("*"))


@pytest.mark.parametrize("there", ["", "tetra/org", "tetra/org/acme", "tetra/org/acme/store"])
def test_nothing_is_left_of_one_that_failed(lived: Machine, there: str) -> None:
    """Else `init` would take the empty folder for its own, and found a second history."""
    good = backup(lived)
    other = elsewhere(lived)
    (other.home / there).mkdir(parents=True, exist_ok=True)
    before = everything(other)
    other.fails(2, "restore", "--from", good, "other")
    assert everything(other) == before
    forge(lived.home / "b.db", *FORGERIES["signature"])
    other.fails(4, "restore", "--from", good)
    assert everything(other) == before


def test_nothing_is_left_of_one_that_was_refused(lived: Machine) -> None:
    """The mirror here has more than the copy."""
    copy = backup(lived)
    lived.ok("set", "local", "ports.tetra=6666")
    shutil.rmtree(lived.store.parent)
    before = everything(lived)
    lived.fails(3, "restore", "--from", copy)
    assert everything(lived) == before


def test_what_was_there_stays(lived: Machine) -> None:
    copy = backup(lived)
    lock = lived.folder / "store" / "lock"
    before = lock.stat().st_ino
    lived.fails(3, "restore", "--from", copy)
    assert lock.stat().st_ino == before


def test_another_history_than_was_admitted(lived: Machine) -> None:
    """The same organization, but its newest event is another one."""
    other = elsewhere(lived)
    other.ok("restore", "--from", mirror(lived))
    for machine, port in ((lived, 7001), (other, 7002)):
        machine.ok("set", "local", f"ports.tetra={port}")
        machine.ok("backup", str(machine.home / "last.db"))
    shutil.rmtree(other.folder)
    other.ok("restore", "--from", str(other.home / "last.db"))
    shutil.rmtree(other.folder)
    done = other.fails(4, "restore", "--from", str(lived.home / "last.db"))
    assert "fork" in done.error()
    assert not other.store.exists()
    assert "-m WHY" in done.hint()
    other.ok("restore", "--from", str(lived.home / "last.db"), "-m", "carol says that mine is lost")
    assert other.ok("show", "local").out == lived.ok("show", "local").out
    assert "verified" in other.ok("verify").out


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("nowhere", 1),
        ("ext::sh -c id", 2),
        ("-u", 1),
        ("-u:here", 2),
        ("--upload-pack=id:", 2),
        ("file", 1),
        ("folder", 1),
    ],
)
def test_no_copy(machine: Machine, place: str, code: int) -> None:
    (machine.home / "file").write_text("x")
    (machine.home / "folder").mkdir()
    done = machine.fails(code, "restore", f"--from={place}", "new")
    assert done.hint()
    assert not (machine.home / "tetra/org/new").exists()


def test_no_account_is_shown(machine: Machine) -> None:
    done = machine.fails(1, "restore", "--from", "http://bob:hunter2@localhost:9/x.git", "new")
    assert "hunter2" not in done.err
    assert "http://localhost:9/x.git" in done.error()


def test_going_back_is_rollback(machine: Machine) -> None:
    done = machine.fails(2, "restore", "dev")
    assert "`tetra-es rollback dev`" in done.hint()


def test_init_in_a_folder_with_a_mirror(lived: Machine) -> None:
    """A second history is never founded by mistake."""
    shutil.rmtree(lived.store.parent)
    done = lived.fails(4, "init", "acme")
    assert f"`tetra-es restore --from {lived.mirror} acme`" in done.hint()
    assert not lived.store.exists()


@LONG_TAIL
def test_what_the_first_edition_left(tmp_path: Path) -> None:
    """More than a hundred events, with secrets, deployments and a purge."""
    old = unpack(tmp_path / "old")
    new = Machine(tmp_path / "new", env=old.env)
    shutil.copytree(old.home / ".config", new.home / ".config")
    new.ok("restore", "--from", str(old.mirror))
    # The mirror of the first edition has a work tree, its successor none; commits are the same.
    git = ["git", "-C", str(old.mirror), "log", "--format=%H %s", "main"]
    assert commits(new) == subprocess.run(git, check=True, capture_output=True, text=True).stdout
    with open_stored(old.store) as one, open_stored(new.store) as two:
        assert list(one.records()) == list(two.records())
        assert sorted(one.bodies(), key=repr) == sorted(two.bodies(), key=repr)
    assert "verified" in new.ok("verify").out


def test_what_was_cut_short(lived: Machine) -> None:
    other = elsewhere(lived)
    left = other.folder / "store" / "restoring-abc"
    left.mkdir(parents=True)
    (left / "events.db").write_text("half")
    other.ok("restore", "--from", mirror(lived))
    assert not left.exists()


@contextmanager
def in_the_middle_of(*databases: Path) -> Iterator[None]:
    """Have a process with databases open, so that their write-ahead logs stay."""
    code = """if True:
        import sqlite3, sys
        opened = [sqlite3.connect(path) for path in sys.argv[1:]]
        for each in opened:
            each.execute("PRAGMA wal_autocheckpoint = 0")
            each.execute("CREATE TABLE junk (a)")
            each.commit()
        print("ready", flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, databases)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield


@pytest.mark.parametrize("instant", some(range(1, 9), 2))
def test_moving_a_store_away_is_killed(
    lived: Machine, monkeypatch: pytest.MonkeyPatch, instant: int
) -> None:
    """Whatever was moved by then: a store and its write-ahead log end in one folder."""
    copy, folder = backup(lived), lived.store.parent
    with in_the_middle_of(folder / "events.db", folder / "views.db"):
        there = {path.name for path in folder.iterdir()} - {"lock"}
        assert {"events.db-wal", "views.db-wal"} < there
        rename, moves = Path.rename, count(1)

        def killed(path: Path, to: Path) -> None:
            if next(moves) == instant:
                raise KeyboardInterrupt
            rename(path, to)

        monkeypatch.setattr(Path, "rename", killed)
        assert lived.run("restore", "--from", copy).code == 130
        monkeypatch.undo()
        done = lived.ok("restore", "--from", copy)
        kept = folder / "replaced-1"
        assert {path.name for path in kept.iterdir()} == there
        assert instant == 8 or str(kept) in done.err  # all was moved then, and not said
        assert (kept / "events.db-wal").stat().st_size
        assert {path.name for path in folder.iterdir()} == {
            *("events.db", "views.db", "lock", "replaced-1")
        }
    assert "verified" in lived.ok("verify").out


def test_a_write_ahead_log_whose_store_is_gone_is_kept(lived: Machine) -> None:
    """Somebody moved the store away without it; it may have the newest events."""
    copy = backup(lived)
    with in_the_middle_of(lived.store):
        lived.store.rename(lived.home / "events.db")
        done = lived.ok("restore", "--from", copy)
    kept = lived.store.parent / "replaced-1"
    assert str(kept) in done.err
    assert (kept / "events.db-wal").stat().st_size
    assert "verified" in lived.ok("verify").out


def test_the_disk_fails_when_the_store_is_in_its_place(
    lived: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said to be there: the same command again would find it there already."""
    other = elsewhere(lived)

    def full(_: Path) -> None:
        if other.store.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(restoring, "sync_folder", full)
    failed = other.run("restore", "--from", mirror(lived))
    assert f"restored #1 to #{lived.last_position()}, but" in failed.error()
    assert "No space left on device" in failed.error()
    monkeypatch.undo()
    other.ok("promote", "dev")
    assert "verified" in other.ok("verify").out


def test_a_kill_at_the_last_file(lived: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next command writes it: a repository around the folder is not to have secrets."""
    other, write = elsewhere(lived), atomic.write

    def killed(path: Path, data: bytes) -> None:
        if path.name == ".gitignore":
            raise KeyboardInterrupt
        write(path, data)

    monkeypatch.setattr(atomic, "write", killed)
    assert other.run("restore", "--from", mirror(lived)).code == 130
    monkeypatch.undo()
    other.ok("show", "local")
    assert "/secrets/" in (other.folder / ".gitignore").read_text()


def test_another_store_came_while_one_was_moved_away(lived: Machine) -> None:
    """A restore was killed, and somebody put a store there that is damaged."""
    copy = backup(lived)
    unfinished = lived.store.with_name("replaced-unfinished")
    unfinished.mkdir()
    (unfinished / "events.db").write_bytes(b"the first")
    lived.store.write_bytes(b"the second")
    lived.ok("restore", "--from", copy)
    for name, data in (("replaced-1", b"the first"), ("replaced-2", b"the second")):
        assert (lived.store.parent / name / "events.db").read_bytes() == data
    assert not unfinished.exists()


def test_json(lived: Machine) -> None:
    value = elsewhere(lived).ok("restore", "--from", mirror(lived), "-o", "json").json
    assert value["event"] == len(lived.ok("history", "-o", "json").json)
    assert value["founder"].startswith("SHA256:")


def test_an_older_copy_in_the_place_of_a_folder_can_be_read(
    machine: Machine, tmp_path: Path
) -> None:
    """What tells of the events that are missing was moved away with the folder."""
    backup = tmp_path / "older.db"
    machine.ok("backup", str(backup))
    machine.ok("set", "local", "app.a=1")
    machine.folder.rename(tmp_path / "aside")
    machine.ok("restore", "--from", str(backup))
    assert machine.history()[0]["event"] == 2
    for words in (("status",), ("show", "local"), ("diff", "local@1", "local@1")):
        machine.ok(*words)
    assert "trust" in machine.fails(4, "set", "local", "app.b=1").hint()
