"""What only a database can do: roles, standbys, large appends."""

from __future__ import annotations

import os
import signal
import threading
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.log.contract import add
from tests.log.events import KEY, draft, drafts
from tests.machine import until
from tests.postgres.server import address, execute, new_database
from tetra_es.errors import TetraEsError
from tetra_es.limits import BODY_SIZE
from tetra_es.log.chain import START
from tetra_es.log.linking import link
from tetra_es.log.port import HeadMoved, Unknown
from tetra_es.log.postgres import connecting, engine, schema
from tetra_es.log.postgres.engine import PostgresLog

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def log() -> Iterator[PostgresLog]:
    """A log with three events."""
    with PostgresLog(new_database()) as made:
        made.make()
        add(made, *drafts("a", 3), bodies=[b"one"])
        yield made


def name_of(log: PostgresLog) -> str:
    return log.address.partition("?")[0].rpartition("/")[2]


def as_role(log: PostgresLog, role: str, *, purge: bool = False) -> str:
    """Grant a new role; return the address of the log for it."""
    execute(f"CREATE ROLE {role} LOGIN")
    log.grant(role, purge=purge)
    return address(name_of(log), role)


FORBIDDEN = (
    (
        "INSERT INTO tetra_es.events SELECT 9, stream, 9, topic, state, previous, sha256(hash), "
        "signature FROM tetra_es.events LIMIT 1"
    ),
    "UPDATE tetra_es.events SET topic = 'x'",
    "DELETE FROM tetra_es.events",
    "TRUNCATE tetra_es.events",
    "UPDATE tetra_es.bodies SET content = NULL",
    "INSERT INTO tetra_es.bodies VALUES (sha256('x'), 'x')",
    "SELECT tetra_es.purge(ARRAY[sha256('one')])",
    "SELECT tetra_es.move_aside(0, 3, sha256('x'))",
    "SELECT tetra_es.put_back(ARRAY['x'::bytea], 3, sha256('x'))",
    "SELECT * FROM tetra_es.found_events",
    "INSERT INTO tetra_es.found_bodies VALUES (now(), sha256('x'), 'x')",
    "ALTER TABLE tetra_es.events DISABLE TRIGGER ALL",
    "DROP SCHEMA tetra_es CASCADE",
    "CREATE TABLE tetra_es.more (x int)",
    "CREATE OR REPLACE FUNCTION tetra_es.version() RETURNS int LANGUAGE sql AS 'SELECT 9'",
)


def test_a_role_can_read_and_append_and_nothing_else(log: PostgresLog) -> None:
    theirs = as_role(log, f"writer_{os.getpid()}")
    with psycopg.connect(theirs, autocommit=True) as connection:
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
    with PostgresLog(theirs) as one:
        assert one.head() == log.head()
        add(one, draft("b", 1))
    assert log.head().position == 4


def test_a_role_that_may_purge_destroys_only_what_an_event_names(log: PostgresLog) -> None:
    theirs = as_role(log, f"purger_{os.getpid()}", purge=True)
    with PostgresLog(theirs) as one, pytest.raises(TetraEsError, match="no purge event names"):
        one.purge([b"x" * 32])
    assert log.body(sha256(b"one").digest()) == b"one"


def test_nobody_else_sees_anything(log: PostgresLog) -> None:
    role = f"stranger_{os.getpid()}"
    execute(f"CREATE ROLE {role} LOGIN")
    with PostgresLog(address(name_of(log), role)) as one, pytest.raises(TetraEsError):
        one.head()


def test_sixty_megabytes_in_one_append(log: PostgresLog) -> None:
    bodies = [os.urandom(BODY_SIZE) for _ in range(-(-60_000_000 // BODY_SIZE))]
    add(log, draft("b", 1), bodies=bodies)
    digests = [sha256(body).digest() for body in (bodies[0], bodies[-1])]
    assert [log.body(digest) for digest in digests] == [bodies[0], bodies[-1]]


class Standby:
    """One that every commit waits for, and that is not there."""

    def __init__(self, owner: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._owner = owner

    def begin(self) -> None:
        """Have commits wait from now on: once one does, as the server takes its time."""
        self._set("SET synchronous_standby_names = 'nobody'")
        ended = threading.Event()

        def commit() -> None:
            with psycopg.connect(address(), autocommit=True) as connection:
                while not ended.is_set():
                    connection.execute("SELECT pg_logical_emit_message(true, 'x', '')")

        thread = threading.Thread(target=commit)
        thread.start()
        until(lambda: self.waiting() == 1)
        ended.set()
        self.waiting("pg_cancel_backend(pid)")
        thread.join()

    def end(self) -> None:
        """Let them go."""
        self._set("RESET synchronous_standby_names")

    def waiting(self, question: str = "count(*)") -> Any:
        """Return what is asked of those that wait."""
        found = self._owner.execute(
            f"SELECT {question} FROM pg_stat_activity "
            "WHERE wait_event = 'SyncRep' AND backend_type = 'client backend'".encode()
        )
        row = found.fetchone()
        return row[0] if row else None

    def _set(self, what: str) -> None:
        self._owner.execute(f"ALTER SYSTEM {what}".encode())
        self._owner.execute("SELECT pg_reload_conf()")


@pytest.fixture
def standby() -> Iterator[Standby]:
    """A standby that is not waited for yet."""
    with psycopg.connect(address(), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        found = Standby(connection)
        yield found
        found.end()


@pytest.mark.parametrize("how", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_commit_that_no_standby_has_yet_is_unknown(
    log: PostgresLog, standby: Standby, how: str
) -> None:
    head = log.head()
    records = link(head, [draft("a", 4)], KEY)
    failed: list[BaseException] = []

    def append() -> None:
        try:
            log.append(head, records)
        except BaseException as error:
            failed.append(error)

    standby.begin()
    thread = threading.Thread(target=append)
    thread.start()
    until(lambda: standby.waiting() == 1)
    standby.waiting(f"{how}(pid)")
    thread.join()
    assert isinstance(failed[0], Unknown), failed
    answers: list[bool] = []
    asking = threading.Thread(target=lambda: answers.append(log.holds(records[-1].head)))
    asking.start()
    until(lambda: standby.waiting() == 1)  # it is there, and is recorded when a standby has it
    assert answers == []
    standby.end()
    asking.join()
    assert answers == [True]


def holding_lock(log: PostgresLog) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection that appends have to wait for until it is closed."""
    connection = psycopg.connect(log.address)
    connection.execute(b"SELECT pg_advisory_xact_lock(%d)" % schema.LOCK)
    return connection


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(
    log: PostgresLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen one keeps its connections, and has no timeout."""
    monkeypatch.setattr(engine, "SILENCE", 0.2)
    records = link(log.head(), [draft("a", 4)], KEY)
    with PostgresLog(log.address) as one, holding_lock(log), pytest.raises(Unknown):
        one.append(log.head(), records)


def test_a_server_that_isolates_more_than_it_must(log: PostgresLog) -> None:
    """The head that counts is that of the time when the lock was got."""
    execute(f"ALTER DATABASE {name_of(log)} SET default_transaction_isolation = serializable")
    head, failed = log.head(), []
    records = [link(head, [draft(name, 1)], KEY) for name in "bc"]

    def append(number: int) -> None:
        with PostgresLog(log.address) as one:
            try:
                one.append(head, records[number])
            except TetraEsError as error:
                failed.append(error)

    with holding_lock(log), psycopg.connect(address(), autocommit=True) as owner:
        threads = [threading.Thread(target=append, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        waiting = b"SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
        until(lambda: owner.execute(waiting).fetchone() == (2,))
    for thread in threads:
        thread.join()
    assert [type(error) for error in failed] == [HeadMoved]


def appending(log: PostgresLog, stream: str, failed: list[TetraEsError]) -> threading.Thread:
    """Append an event that follows the head, in another thread, by another connection."""
    head = log.head()
    records = link(head, [draft(stream, 1)], KEY)

    def append() -> None:
        with PostgresLog(log.address) as one:
            try:
                one.append(head, records)
            except TetraEsError as error:
                failed.append(error)

    thread = threading.Thread(target=append)
    thread.start()
    return thread


def waiting_for_lock(owner: psycopg.Connection[tuple[Any, ...]]) -> int:
    """Return how many appends wait for another one."""
    waiting = b"SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    found = owner.execute(waiting).fetchone()
    return int(found[0]) if found else 0


def test_no_append_passes_one_that_is_not_committed_yet(log: PostgresLog) -> None:
    """So a reader that sees an event sees all before it."""
    head, failed = log.head(), list[TetraEsError]()
    late = link(head, [draft("late", 1)], KEY)[0]
    parts = [[getattr(late, name)] for name in ("stream", "version", "topic", "state", "hash")]
    append = f"SELECT tetra_es.append(%s, %b{', %b' * 7})"
    with (
        psycopg.connect(address(), autocommit=True) as owner,
        psycopg.connect(log.address) as slow,
    ):
        slow.execute(append.encode(), (*head, *parts, [late.signature], list[bytes]()))
        other = appending(log, "quick", failed)
        until(lambda: waiting_for_lock(owner) == 1)
        assert log.head() == head
        slow.commit()
        other.join()
    assert [type(error) for error in failed] == [HeadMoved]
    assert list(log.records(head.position)) == [late]


def test_no_append_passes_one_that_waits_for_a_standby(log: PostgresLog, standby: Standby) -> None:
    head, failed = log.head(), list[TetraEsError]()
    standby.begin()
    first = appending(log, "late", failed)
    until(lambda: standby.waiting() == 1)
    other = appending(log, "quick", failed)
    with psycopg.connect(address(), autocommit=True) as owner:
        until(lambda: waiting_for_lock(owner) == 1)
    assert log.head() == head
    standby.end()
    first.join()
    other.join()
    assert [type(error) for error in failed] == [HeadMoved]
    assert [record.stream for record in log.records(head.position)] == ["late"]


def test_a_database_that_lacks_letters_is_refused() -> None:
    name = f"latin_{os.getpid()}"
    execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with PostgresLog(address(name)) as one, pytest.raises(TetraEsError, match="encoding LATIN1"):
        one.make()


@pytest.mark.parametrize(
    ("rest", "encrypted"),
    [
        ("", False),
        ("?host=localhost", False),
        ("?hostaddr=127.0.0.1", False),
        ("?hostaddr=192.0.2.1", True),
        ("?host=localhost&hostaddr=192.0.2.1", True),
        ("?host=localhost,db.example.org", True),
    ],
)
def test_only_what_stays_on_this_machine_is_not_encrypted(rest: str, encrypted: bool) -> None:
    options = connecting.options(f"postgresql:///x{rest}", 1)
    assert ("sslmode" in options) is encrypted


def test_an_interrupted_wait_for_the_standby_is_not_taken_for_recorded(
    log: PostgresLog, standby: Standby
) -> None:
    head = log.head()
    records = link(head, [draft("a", 4)], KEY)
    standby.begin()

    def interrupt() -> None:
        until(lambda: standby.waiting() == 1)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        log.append(head, records)
    thread.join()
    with pytest.raises(TetraEsError):
        log.holds(records[-1].head)


def test_a_server_that_is_a_standby_now_is_a_lost_head(log: PostgresLog) -> None:
    execute(f"ALTER DATABASE {name_of(log)} SET default_transaction_read_only = on")
    address_ = log.address + "&target_session_attrs=any"
    with PostgresLog(address_) as one:
        records = link(one.head(), [draft("a", 4)], KEY)
        with pytest.raises(HeadMoved):
            one.append(one.head(), records)
    assert log.head() != START


def test_a_row_that_is_missing_is_not_passed_over(log: PostgresLog) -> None:
    execute("DELETE FROM tetra_es.events WHERE position = 2", name_of(log))
    with pytest.raises(TetraEsError, match="event #2 is missing"):
        list(log.records())
