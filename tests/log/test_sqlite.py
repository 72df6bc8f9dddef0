"""What only the engine on SQLite has: its file, and what guards it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.examples import LONG_TAIL
from tests.log.contract import add, digest_of
from tests.log.events import KEY, draft, drafts, purge_of
from tests.machine import HANG
from tests.needs import need
from tetra_es.errors import IntegrityFailure, TetraEsError, Unfounded
from tetra_es.log.chain import START
from tetra_es.log.linking import link
from tetra_es.log.sqlite import connecting, wal
from tetra_es.log.sqlite.engine import AppendableSqliteLog, create
from tetra_es.log.sqlite.opening import FirstEdition
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.log.sqlite.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def sql(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


EVERY_EVENT = "SELECT position, stream, version, topic, state, hash, signature FROM events"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET state = x'7b7d' WHERE position = 1",
        "UPDATE OR REPLACE events SET position = 1 WHERE position = 2",
        "DELETE FROM events WHERE position = 3",
        f"REPLACE INTO events {EVERY_EVENT} WHERE position = 2",
        "REPLACE INTO events SELECT 9, 'a', 2, 't', x'00', hash, x'00' FROM events LIMIT 1",
        "REPLACE INTO events SELECT 2, 'z', 1, 't', x'00', hash, x'00' FROM events LIMIT 1",
        "INSERT INTO events SELECT -5, 'z', 1, 't', x'00', hash, x'00' FROM events LIMIT 1",
        "INSERT INTO events SELECT 6, 'z', 1, 't', x'00', hash, x'00' FROM events LIMIT 1",
        "INSERT INTO events SELECT 4, 'a', 7, 't', x'00', hash, x'00' FROM events LIMIT 1",
        "INSERT INTO events SELECT 4, 'z', 1, 't', 'text', hash, x'00' FROM events LIMIT 1",
        "INSERT INTO events SELECT 4, 'z', 1, 't', x'00', x'00', x'00'",
        "UPDATE bodies SET content = x'006f74686572' WHERE number = 1",
        "UPDATE bodies SET content = 'text' WHERE number = 1",
        "UPDATE bodies SET number = 7, content = NULL WHERE number = 1",
        "UPDATE bodies SET digest = zeroblob(32), content = NULL WHERE number = 1",
        "DELETE FROM bodies",
        "REPLACE INTO bodies SELECT 3, digest, x'00' FROM bodies WHERE number = 1",
        "REPLACE INTO bodies VALUES (1, zeroblob(32), x'00')",
        "INSERT INTO bodies VALUES (3, zeroblob(31), x'00')",
        "INSERT INTO bodies VALUES (3, zeroblob(32), 'text')",
    ],
)
def test_what_the_file_refuses(path: Path, statement: str) -> None:
    """From every program, whatever that one sets."""
    with SqliteLog(path) as log:
        before = list(log.records()), list(log.bodies())
    with sql(path) as connection:
        connection.execute("PRAGMA recursive_triggers = OFF")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    with SqliteLog(path) as log:
        assert (list(log.records()), list(log.bodies())) == before


@pytest.mark.parametrize("name", [name for name, sql in SCHEMA.items() if sql])
def test_a_schema_that_was_changed(path: Path, name: str) -> None:
    kind = "TABLE" if name in ("events", "bodies") else "TRIGGER"
    with sql(path) as connection:
        connection.execute(f"DROP {kind} {name}")
    with pytest.raises(IntegrityFailure, match="was changed"):
        SqliteLog(path)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("CREATE TABLE more (x)", "unexpected table more"),
        ("CREATE INDEX more ON events (topic)", "unexpected index more"),
        ("ALTER TABLE bodies RENAME TO b; CREATE VIEW bodies AS SELECT * FROM b", "bodies is a"),
        ("DROP TRIGGER events_refuse_delete; DELETE FROM events WHERE position = 1", "missing"),
        ("PRAGMA user_version = 3", "newer"),
        ("PRAGMA application_id = 5", "not a tetra-es store"),
    ],
)
def test_a_file_that_is_not_ours(path: Path, statement: str, problem: str) -> None:
    with sql(path) as connection:
        connection.executescript(statement)
    with pytest.raises(TetraEsError, match=problem):
        AppendableSqliteLog(path)


@pytest.mark.parametrize("positions", ["position = 1", "position = 2"])
def test_an_event_that_is_missing(path: Path, positions: str) -> None:
    with sql(path) as connection:
        connection.execute("DROP TRIGGER events_refuse_delete")
        connection.execute(f"DELETE FROM events WHERE {positions}")
        connection.execute(SCHEMA["events_refuse_delete"] or "")
    with pytest.raises(IntegrityFailure, match="missing"), SqliteLog(path) as log:
        list(log.records())


def test_columns_of_another_type(path: Path) -> None:
    with sql(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(
            "INSERT INTO events SELECT 4, 'z', 1, 't', 'text', hash, x'00' FROM events LIMIT 1"
        )
        connection.execute("INSERT INTO bodies VALUES (3, zeroblob(32), 'text')")
    with SqliteLog(path) as log:
        with pytest.raises(IntegrityFailure, match="event #4"):
            list(log.records())
        with pytest.raises(IntegrityFailure, match="not bytes"):
            log.body(bytes(32))


def test_missing_empty_and_old_files(tmp_path: Path) -> None:
    with pytest.raises(Unfounded):
        SqliteLog(tmp_path / "none.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(Unfounded):
        SqliteLog(tmp_path / "empty.db")
    (tmp_path / "text.db").write_text("no database, but long enough for one\n" * 50)
    with pytest.raises(IntegrityFailure):
        SqliteLog(tmp_path / "text.db")
    with sql(tmp_path / "old.db") as connection:
        connection.executescript((ROOT / "tests/golden/store-1.sql").read_text())
        connection.execute("PRAGMA application_id = 1413829715")
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(FirstEdition) as error:
        AppendableSqliteLog(tmp_path / "old.db")
    assert error.value.hint == "`tetra-es upgrade` brings it to today's rules"


def test_a_new_file_is_whole_private_and_never_in_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    mask = os.umask(0)
    try:
        create(path)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["events.db"]
    with AppendableSqliteLog(path) as log:
        add(log, draft("a", 1))
    with pytest.raises(TetraEsError, match="exists already"):
        create(path)
    with SqliteLog(path) as log:
        assert log.head().position == 1
    (tmp_path / "link.db").symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(TetraEsError):
        create(tmp_path / "link.db")
    assert not (tmp_path / "elsewhere.db").exists()


def test_commits_are_durable(path: Path) -> None:
    with AppendableSqliteLog(path) as log:
        datastore = log.application.log_recorder.datastore
        with datastore.transaction(commit=False) as cursor:
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone()[0] == 2
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone()[0] == "wal"


def test_reading_while_somebody_writes(path: Path) -> None:
    """No reader waits for a writer's lock."""
    with sql(path) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with SqliteLog(path) as log:
            assert log.head().position == 3
            assert len(list(log.records())) == 3
            assert log.body(digest_of(b"one")) == b"one"
            assert log.damage() == []


def test_purging_while_somebody_reads_an_older_state(path: Path) -> None:
    """It is done, and says that something is left; purging again removes that."""
    with AppendableSqliteLog(path) as log:
        add(log, purge_of(digest_of(b"one")))
        with sql(path) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM bodies").fetchall()
            assert not log.purge([digest_of(b"one")])
            assert log.body(digest_of(b"one")) is None
        assert log.purge([digest_of(b"one")])


def test_reading_where_nobody_can_write(path: Path) -> None:
    """Off a medium that cannot be written, or in a folder of somebody else."""
    program = (
        "import sys; from pathlib import Path; from tetra_es.log.sqlite.reader import SqliteLog\n"
        "with SqliteLog(Path(sys.argv[1])) as log:\n"
        "    sys.stdout.write(str(len(list(log.records()))) + ' ' + str(len(log.damage())))\n"
    )
    bound: tuple[str, ...] = ()
    if os.geteuid() == 0:
        need("setpriv")
        bound = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        done = subprocess.run(
            [*bound, sys.executable, "-c", program, str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG,
        )
    finally:
        path.parent.chmod(0o700)
    assert (done.stdout, done.stderr) == ("3 0", "")


@LONG_TAIL
def test_memory_does_not_grow_with_the_number_of_events(tmp_path: Path) -> None:
    create(tmp_path / "events.db")
    with AppendableSqliteLog(tmp_path / "events.db") as log:
        add(log, *(draft("a", version, text="x" * 4000) for version in range(1, 5001)))
    program = (
        "import sys, tracemalloc; from pathlib import Path\n"
        "from tetra_es.log.sqlite.reader import SqliteLog\n"
        "with SqliteLog(Path(sys.argv[1])) as log:\n"
        "    tracemalloc.start()\n"
        "    assert sum(1 for _ in log.records()) == 5000\n"
        "    sys.stdout.write(str(tracemalloc.get_traced_memory()[1]))\n"
    )
    argv = [sys.executable, "-c", program, str(tmp_path / "events.db")]
    peak = int(subprocess.check_output(argv, cwd=ROOT, timeout=HANG))
    assert peak < 5000 * 4000 / 3


def test_aggregates_are_loaded_from_admitted_events_alone(path: Path) -> None:
    from tetra_es.events.config import SignerAdded
    from tetra_es.log.linking import draft_of
    from tetra_es.model.organization import Organization

    def added(name: str, version: int) -> SignerAdded:
        return SignerAdded(
            originator_id="org",
            originator_version=version,
            timestamp="2026-11-22T10:05:00.000000Z",
            metadata={},
            signer=name,
            key="ssh-ed25519 A",
            may=None,
        )

    with AppendableSqliteLog(path) as log:
        records = add(log, draft_of(added("alice", 1)), draft_of(added("mallory", 2)))
        assert set(log.application.load(Organization, "org").signers) == {"alice", "mallory"}
        log.application.log_recorder.of_stream = lambda *_, **__: iter(records[:1])
        organization = log.application.load(Organization, "org")
        assert (organization.version, set(organization.signers)) == (1, {"alice"})
        assert log.application.load(Organization, "org").version == 1


def test_reading_does_not_import_the_library(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tetra_es.log.sqlite.reader import SqliteLog\n"
        "with SqliteLog(Path(sys.argv[1])) as log:\n"
        "    list(log.records())\n"
        "sys.exit('eventsourcing' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=True, timeout=HANG)


def test_nothing_is_written_where_nothing_was_appended(path: Path) -> None:
    before = path.read_bytes()
    with AppendableSqliteLog(path) as log:
        assert not log.holds(link(START, drafts("z", 1), KEY)[0].head)
        assert log.application.log_recorder.max_notification_id() == 3
    assert path.read_bytes() == before


def test_a_file_that_is_not_whole_gets_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite is silent where closing cannot bring everything into the file."""
    monkeypatch.setattr(wal, "is_filled", lambda _: True)
    monkeypatch.setattr(wal, "empty", lambda _: False)
    with pytest.raises(TetraEsError, match=r"cannot write .*events\.db"):
        create(tmp_path / "events.db")
    assert list(tmp_path.iterdir()) == []


def test_what_is_recorded_to_is_the_file_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one that SQLite is told never changes, because shared memory failed once."""
    path = tmp_path / "events.db"
    create(path)
    connect = connecting._made_reading
    failures = [sqlite3.OperationalError("disk I/O error")]

    def made(connection: sqlite3.Connection) -> sqlite3.Connection:
        if failures:
            connection.close()
            raise failures.pop()
        return connect(connection)

    monkeypatch.setattr(connecting, "_made_reading", made)
    with pytest.raises(TetraEsError, match="disk I/O error"):
        AppendableSqliteLog(path)
    with AppendableSqliteLog(path) as log:
        assert log.head() == START
