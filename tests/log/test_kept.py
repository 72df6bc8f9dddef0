"""Connections that stay open between two questions."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.log.contract import add
from tests.log.events import draft
from tests.machine import HANG
from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.log.sqlite import kept as module
from tetra_es.log.sqlite.engine import AppendableSqliteLog
from tetra_es.log.sqlite.kept import KeptConnections
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def kept() -> Iterator[KeptConnections]:
    with closing(KeptConnections(idle=HANG)) as found:
        yield found


def connection_of(path: Path, kept: KeptConnections) -> sqlite3.Connection:
    with SqliteLog(path, kept=kept) as log:
        return log._connection


def test_a_connection_is_used_again_and_sees_what_is_new(path: Path, kept: KeptConnections) -> None:
    first = connection_of(path, kept)
    with AppendableSqliteLog(path) as writing:
        add(writing, draft("c", 1))
    with SqliteLog(path, kept=kept) as log:
        assert log._connection is first
        assert log.head().position == 4


def test_two_at_once_have_one_each(path: Path, kept: KeptConnections) -> None:
    with SqliteLog(path, kept=kept) as one, SqliteLog(path, kept=kept) as other:
        assert one._connection is not other._connection


def test_what_was_not_read_to_its_end_is_not_kept(path: Path, kept: KeptConnections) -> None:
    """It would be of the moment at which that began, for everybody who reads next."""
    with SqliteLog(path, kept=kept) as log:
        first = log._connection
        rows = first.execute("SELECT position FROM events ORDER BY position")
        assert next(rows) == (1,)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.execute("SELECT 1")
    with AppendableSqliteLog(path) as writing:
        add(writing, draft("c", 1))
    with SqliteLog(path, kept=kept) as log:
        assert log.head().position == 4


def test_what_was_begun_is_ended(path: Path, kept: KeptConnections) -> None:
    with SqliteLog(path, kept=kept) as log:
        log._connection.execute("BEGIN")
        assert log.head().position == 3
    with AppendableSqliteLog(path) as writing:
        add(writing, draft("c", 1))
    with SqliteLog(path, kept=kept) as log:
        assert not log._connection.in_transaction
        assert log.head().position == 4


def test_a_file_in_the_place_of_another_is_opened(path: Path, kept: KeptConnections) -> None:
    older = path.with_name("older.db")
    shutil.copyfile(path, older)
    with AppendableSqliteLog(path) as writing:
        add(writing, draft("c", 1))
    first = connection_of(path, kept)
    older.replace(path)
    with SqliteLog(path, kept=kept) as log:
        assert log._connection is not first
        assert log.head().position == 3


def test_a_file_that_was_written_over_is_opened_again(path: Path, kept: KeptConnections) -> None:
    older = path.with_name("older.db")
    shutil.copyfile(path, older)
    with AppendableSqliteLog(path) as writing:
        add(writing, draft("c", 1))
    with SqliteLog(path, kept=kept) as log:
        assert log.head().position == 4
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    shutil.copyfile(older, path)
    with SqliteLog(path, kept=kept) as log:
        assert log.head().position == 3


def test_a_schema_that_changed_is_refused(path: Path, kept: KeptConnections) -> None:
    connection_of(path, kept)
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TRIGGER more AFTER INSERT ON bodies BEGIN SELECT 1; END")
        other.commit()
    with pytest.raises(IntegrityFailure, match="unexpected trigger more"):
        connection_of(path, kept)


def test_a_newer_version_is_refused(path: Path, kept: KeptConnections) -> None:
    connection_of(path, kept)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(TetraEsError, match="newer tetra-es"):
        connection_of(path, kept)


def test_nobody_keeps_a_file_for_long(path: Path) -> None:
    """A command that writes is the last one again to close it: all is in the file then."""
    kept = KeptConnections(idle=0.01)
    connection_of(path, kept)
    end = time.monotonic() + HANG
    while open_files(path):
        assert time.monotonic() < end
        time.sleep(0.01)
    with AppendableSqliteLog(path) as writing:
        add(writing, draft("c", 1))
    assert not path.with_name(f"{path.name}-wal").exists()


def test_an_old_connection_is_not_used(
    path: Path, kept: KeptConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = connection_of(path, kept)
    monkeypatch.setattr(module, "OLDEST", 0.0)
    assert connection_of(path, kept) is not first
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.execute("SELECT 1")


def open_files(path: Path) -> list[str]:
    names = [os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()]
    return [name for name in names if name.startswith(str(path))]
