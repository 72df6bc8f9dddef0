"""A server that stops, crashes or has no room: nothing is recorded twice, or denied."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.postgres.people import name_of
from tests.postgres.server import DATA, control, execute, new_database, running
from tetra_es.log import deciding
from tetra_es.log.postgres.engine import PostgresLog
from tetra_es.store import history
from tetra_es.usecases.sharing.database import SharedDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.machine import Machine
    from tests.postgres.people import DatabaseTeam

SET = ("set", "local", "app.a=1", "-m", "once")
RECORD = ("record", "-m", "once")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that stays silent is not asked for long."""
    monkeypatch.setattr(history, "Recorder", partial(deciding.Recorder, patience=0.2))


def check_once(team: DatabaseTeam) -> None:
    """Check that all have what SET recorded, and that it is there once."""
    team.check_equal(whole=True)
    assert [row["reason"] for row in team.alice.history()].count("once") == 1


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_restarts_between_decision_and_append(team: DatabaseTeam, how: str) -> None:
    team.before_append(partial(control, "restart", "-m", how, folder=os.environ[DATA]))
    team.bob.ok(*SET)
    check_once(team)


def test_a_server_that_restarts_after_the_commit(team: DatabaseTeam) -> None:
    """It crashes, and what was acknowledged is there."""
    team.bob.ok(*SET)
    control("restart", "-m", "immediate")
    check_once(team)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_down(team: DatabaseTeam) -> None:
    team.before_append(partial(control, "stop", "-m", "fast", folder=os.environ[DATA]))
    try:
        assert team.bob.run(*SET).code == 6
        assert "cannot use" in team.bob.fails(1, "pull").error()
        team.bob.ok("show", "local")
    finally:
        control("restart")
    assert "up to date" in team.bob.ok("pull").out
    team.bob.ok(*SET)
    check_once(team)


def test_a_server_that_stops_after_it_answered(
    team: DatabaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is recorded: that the rest was not asked for is only mentioned."""
    real, data = SharedDatabase.append, os.environ[DATA]

    def append(*arguments: Any) -> None:
        real(*arguments)
        control("stop", "-m", "immediate", folder=data)

    with monkeypatch.context() as patch:
        patch.setattr(SharedDatabase, "append", append)
        try:
            done = team.bob.ok(*SET)
        finally:
            control("restart")
    assert "(#4)" in done.out
    assert "cannot use postgresql://" in done.err
    check_once(team)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Yield a folder on a file system of its own, for the user whom the server runs as."""
    with tempfile.TemporaryDirectory(prefix="tetra-es-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", folder]
        try:
            subprocess.run(mount, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("a small disk cannot be mounted here")
        try:
            place, like = Path(folder) / "data", Path(os.environ[DATA]).stat()
            place.mkdir(mode=0o700)
            os.chown(place, like.st_uid, like.st_gid)
            yield place
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path, *, left: int) -> Path:
    """Fill a disk but for so many bytes; return the file that does."""
    room = os.statvfs(folder)
    filler = folder.parent / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - left)
    return filler


def write_much(machine: Machine) -> None:
    """Write half a megabyte that nothing makes smaller."""
    numbers = ", ".join(str(random.getrandbits(60)) for _ in range(45_000))
    with machine.toml("local").open("a") as file:
        file.write(f"[much]\nnumbers = [{numbers}]\n")


def test_the_disk_of_the_tables_is_full(machine: Machine) -> None:
    """Nothing was recorded, and that is said."""
    database, space = new_database(), f"small_{os.getpid()}"
    with small_disk(64) as disk:
        execute(f"CREATE TABLESPACE {space} LOCATION '{disk}'")
        execute(f"ALTER DATABASE {name_of(database)} SET TABLESPACE {space}")
        machine.ok("share", database)
        before = machine.last_position()
        filler = fill(disk, left=100_000)
        write_much(machine)
        assert "No space left on device" in machine.fails(1, *RECORD).error()
        machine.ok("verify")
        filler.unlink()
        machine.ok(*RECORD)
        machine.ok("verify")
        with PostgresLog(database) as log:
            assert log.head().position == machine.last_position() == before + 1
        execute(f"DROP DATABASE {name_of(database)} WITH (FORCE)")
        execute(f"DROP TABLESPACE {space}")


@pytest.mark.usefixtures("impatient")
def test_the_disk_of_the_write_ahead_log_is_full(machine: Machine) -> None:
    """The server crashes at an append, and may not come up until there is room."""
    with server_of_its_own() as data, small_disk(80) as disk:
        control("stop", "-m", "fast", folder=str(data))
        log, database = disk / "pg_wal", f"postgresql://postgres@/postgres?host={data}"
        shutil.copytree(data / "pg_wal", log)
        shutil.rmtree(data / "pg_wal")
        for path in (log, *log.rglob("*")):
            os.chown(path, disk.stat().st_uid, disk.stat().st_gid)
        (data / "pg_wal").symlink_to(log)
        control("restart", folder=str(data))
        machine.ok("share", database)
        filler = fill(disk, left=0)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(UP_TO_THE_END)
        write_much(machine)
        failed = machine.fails(6, *RECORD)
        assert "PANIC" in (data / "log").read_text()
        assert "unknown" in failed.error()
        filler.unlink()
        control("restart", "-m", "immediate", folder=str(data))
        machine.ok("pull")
        machine.ok(*RECORD)
        assert [row["reason"] for row in machine.history()].count("once") == 1
        machine.ok("verify")
        control("stop", "-m", "immediate", folder=str(data))


@contextmanager
def server_of_its_own() -> Iterator[Path]:
    """Yield the folder of another server."""
    parent = Path(os.environ[DATA]).parent
    with tempfile.TemporaryDirectory(prefix="pg-of-tetra-es-", dir=parent) as folder:
        running(folder)
        yield Path(folder)


UP_TO_THE_END = """
SELECT pg_logical_emit_message(false, 'x', repeat('x', greatest(0, size - here - 100000)))
FROM (
  SELECT (pg_walfile_name_offset(pg_current_wal_insert_lsn())).file_offset AS here,
    setting::int AS size FROM pg_settings WHERE name = 'wal_segment_size'
) AS segment
"""
"""Fills the write-ahead log but for the last 100 KB of a segment."""
