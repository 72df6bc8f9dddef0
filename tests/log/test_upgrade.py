"""A store of the first edition, copied into a file of version 2."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.first_edition.archive import unpack
from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.log.port import Unfit
from tetra_es.log.sqlite.engine import AppendableSqliteLog
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.log.upgrade import copy_store
from tetra_es.store.log import EventLog

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The store that the first edition left: 93 events and more, with secrets and a purge."""
    return unpack(tmp_path / "home").store


def change(store: Path, *statements: str) -> None:
    """Change a store without its triggers."""
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)


def test_the_same_events_and_ciphertexts(old: Path, tmp_path: Path) -> None:
    before = old.read_bytes()
    with EventLog(old) as store:
        head = copy_store(store, tmp_path / "new.db")
        events = list(store.records())
        values = dict(store.bodies())
    assert head == events[-1].head
    assert len(events) > 50
    assert None in values.values()
    with SqliteLog(tmp_path / "new.db") as log:
        assert list(log.records()) == events
        assert dict(log.bodies()) == values
    assert old.read_bytes() == before
    # The file is whole by itself: it is only renamed after this.
    assert not (tmp_path / "new.db-wal").exists()


def test_it_goes_on_from_there(old: Path, tmp_path: Path) -> None:
    with EventLog(old) as store:
        head = copy_store(store, tmp_path / "new.db")
        purged = [digest for digest, value in store.bodies() if value is None]
        stream = next(store.records()).stream
        version = max(record.version for record in store.of_stream(stream))
    from tests.log.contract import add
    from tests.log.events import draft

    with AppendableSqliteLog(tmp_path / "new.db") as log:
        log.purge(purged)
        with pytest.raises(Unfit):
            add(log, draft(stream, version))
        assert add(log, draft(stream, version + 1))[0].position == head.position + 1


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE stored_events SET state = '{}' WHERE rowid = 7", "event #7"),
        ("UPDATE stored_events SET state = x'7b7d' WHERE rowid = 7", "event #7"),
        ("DELETE FROM stored_events WHERE rowid = 7", "event #7: is missing"),
        ("UPDATE event_proofs SET hash = zeroblob(32) WHERE position = 9", "event #9"),
        ("UPDATE sealed_values SET ciphertext = x'00' WHERE ciphertext IS NOT NULL", "ciphertext"),
        ("UPDATE sealed_values SET ciphertext = NULL", "no purge event names"),
    ],
)
def test_a_store_that_was_changed_is_not_copied(
    old: Path, tmp_path: Path, statement: str, problem: str
) -> None:
    change(old, statement)
    with EventLog(old) as store, pytest.raises(IntegrityFailure, match=problem):
        copy_store(store, tmp_path / "new.db")
    assert not list(tmp_path.glob("*new.db*"))


def test_nothing_is_overwritten(old: Path, tmp_path: Path) -> None:
    (tmp_path / "new.db").write_text("mine")
    with EventLog(old) as store, pytest.raises(TetraEsError, match="exists already"):
        copy_store(store, tmp_path / "new.db")
    assert (tmp_path / "new.db").read_text() == "mine"
