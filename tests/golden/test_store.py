"""Stores that earlier versions made stay lawful: what `init` once wrote is opened for ever."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tetra_es.log.sqlite.statements import plain
from tetra_es.store.log import EventLog
from tetra_es.store.schema import APPLICATION_ID, LATER, SCHEMA

MADE = Path(__file__).with_name("store-1.sql").read_text()
"""Statements of version 1 as SQLite keeps them. Never edited."""


@pytest.mark.parametrize("before", [False, True], ids=["", "before the later triggers"])
def test_a_store_of_version_1(tmp_path: Path, before: bool) -> None:
    store = tmp_path / "events.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.executescript(MADE)
        for name in LATER if before else ():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
    with EventLog(store) as log:
        assert log.last_position() == 0


def test_that_is_what_is_expected(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
        connection.executescript(MADE)
        rows = connection.execute("SELECT name, sql FROM sqlite_schema").fetchall()
    assert {name: sql and plain(sql) for name, sql in rows} == SCHEMA
