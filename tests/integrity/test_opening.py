"""What is wrong with the store's file itself: refused on opening, or found by `verify`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.first_edition.archive import unpack
from tests.integrity.conftest import EVENTS
from tests.integrity.tampering import findings, key_of, opened, state
from tetra_es.errors import IntegrityFailure
from tetra_es.log.chain import GENESIS, link, signed_bytes
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.store.log import EventLog
from tetra_es.store.schema import LATER, SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


def change(store: Path, *statements: str) -> None:
    """Change a store as somebody does who has SQLite and no scruples."""
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)
        connection.execute("PRAGMA writable_schema = RESET")


@pytest.fixture(scope="session")
def demo(old_demo: Machine) -> Machine:
    """The organization of the first edition: its store is what is changed here."""
    return old_demo


VIEW = (
    "DROP TRIGGER {0}_refuse_update",
    "DROP TRIGGER {0}_refuse_delete",
    "DROP TRIGGER {0}_refuse_replace",
    "ALTER TABLE {0} RENAME TO hidden",
    "CREATE VIEW {0} AS SELECT * FROM hidden",
)

SCHEMAS = {
    "a view for the events": ([each.format("stored_events") for each in VIEW], "stored_events"),
    "a view for the proofs": ([each.format("event_proofs") for each in VIEW], "event_proofs"),
    "a view for ciphertexts": ([each.format("sealed_values") for each in VIEW], "sealed_values"),
    "a view for the snapshots": (
        [each.format("stored_snapshots") for each in VIEW[3:]],
        "stored_snapshots",
    ),
    "a dropped trigger": (
        ["DROP TRIGGER stored_events_refuse_update"],
        "stored_events_refuse_update",
    ),
    "one of the later triggers": (
        ["DROP TRIGGER event_proofs_refuse_replace"],
        "event_proofs_refuse_replace",
    ),
    "a trigger that refuses nothing": (
        [
            "DROP TRIGGER stored_events_refuse_delete",
            (
                "CREATE TRIGGER stored_events_refuse_delete BEFORE DELETE ON stored_events "
                "BEGIN SELECT 1; END"
            ),
        ],
        "stored_events_refuse_delete",
    ),
    "a trigger more": (
        [
            (
                "CREATE TRIGGER quiet AFTER INSERT ON stored_events "
                "BEGIN UPDATE sealed_values SET ciphertext = NULL; END"
            )
        ],
        "trigger quiet",
    ),
    "a table more": (["CREATE TABLE notes (text)"], "table notes"),
    "a table with a wild name": (['CREATE TABLE "a\x1b[2J\nb" (text)'], "a\\x1b[2J\\nb"),
    "an index more": (["CREATE INDEX by_topic ON stored_events (topic)"], "index by_topic"),
    "statistics": (["ANALYZE"], "sqlite_stat1"),
    "a virtual table": (["CREATE VIRTUAL TABLE words USING fts5(text)"], "words"),
    "another column": (["ALTER TABLE event_proofs ADD COLUMN note TEXT"], "event_proofs"),
    "a table without its rule": (
        [
            (
                "UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (length(hash) = 32)', '') "
                "WHERE name = 'event_proofs'"
            )
        ],
        "event_proofs",
    ),
    "an index of some rows in the place of that of all": (
        [
            (
                "UPDATE sqlite_schema SET sql = replace(sql, "
                "',\n        UNIQUE (originator_id, originator_version)', '') "
                "WHERE name = 'stored_events'"
            ),
            "DELETE FROM sqlite_schema WHERE name = 'sqlite_autoindex_stored_events_1'",
            "PRAGMA writable_schema = RESET",
            (
                "CREATE UNIQUE INDEX partial ON stored_events (originator_id, originator_version) "
                "WHERE rowid < 9"
            ),
            "PRAGMA writable_schema = ON",
            (
                "UPDATE sqlite_schema SET name = 'sqlite_autoindex_stored_events_1', "
                "sql = replace(sql, 'partial', 'sqlite_autoindex_stored_events_1') "
                "WHERE name = 'partial'"
            ),
        ],
        "stored_events",
    ),
    "a schema that cannot be read": (
        ["UPDATE sqlite_schema SET sql = 'CREATE TABLE' WHERE name = 'event_proofs'"],
        "damaged",
    ),
    "version 0": (["PRAGMA user_version = 0"], "version 0"),
    "a version below 0": (["PRAGMA user_version = -1"], "version -1"),
    "another application": (["PRAGMA application_id = 1"], "not a tetra-es store"),
}

ALL = [
    ("show", "local"), ("history",), ("status",), ("verify",), ("rebuild",),
    ("rebuild", "--check"), ("set", "local", "ports.tetra=1"), ("promote", "dev"),
    ("rollback", "dev"), ("secret", "list", "dev"), ("deploy", "dev", "--dry-run"),
]  # fmt: skip
SOME = [("verify",), ("show", "local"), ("set", "local", "ports.tetra=1")]


def refused(machine: Machine, named: str, commands: list[tuple[str, ...]] = SOME) -> None:
    """Check that every command is refused in one line that names it, and that none writes."""
    before = machine.store.read_bytes()
    for command in commands:
        done = machine.run(*command)
        assert (done.code, done.out.count("\n") <= 1) == (4, True), (command, done)
        assert named in done.error(), command
        assert "backup" in done.hint()
    assert machine.store.read_bytes() == before


@pytest.mark.parametrize("how", SCHEMAS)
def test_another_schema(store: Path, how: str) -> None:
    statements, named = SCHEMAS[how]
    change(store, *statements)
    with pytest.raises(IntegrityFailure) as refusal:
        EventLog(store)
    assert named in refusal.value.message
    assert refusal.value.message.isprintable()


@pytest.mark.parametrize("how", ["a dropped trigger", "a view for the events", "version 0"])
def test_every_command_is_refused(copy: Machine, how: str) -> None:
    statements, named = SCHEMAS[how]
    change(copy.store, *statements)
    refused(copy, named, ALL if how == "a dropped trigger" else SOME)


def test_verify_says_it_in_json_as_well(copy: Machine) -> None:
    change(copy.store, "DROP TRIGGER stored_events_refuse_update")
    done = copy.run("verify", "-o", "json")
    assert done.code == 4
    assert done.json["clean"] is False
    assert "stored_events_refuse_update" in done.json["findings"][0]


def test_a_store_of_the_first_days(copy: Machine) -> None:
    """Made before the triggers that refuse to replace: lawful, and in use."""
    change(copy.store, *(f"DROP TRIGGER {name}" for name in LATER))
    copy.ok("verify")
    bob = {"XDG_CONFIG_HOME": str(copy.home / "bob-config")}
    copy.ok("upgrade", env=bob)
    copy.ok("set", "local", "ports.tetra=7777", env=bob)
    copy.ok("verify")


def test_the_expected_schema_is_that_of_what_was_left(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert names == SCHEMA.keys()


def forged(actor: str = "alice") -> bytes:
    text = "[environment]\nname = 'prod'\n"
    return state(actor, environment="prod", revision=1, text=text, changes=[], digest="00" * 32)


@pytest.mark.parametrize(("position", "proof"), [(-5, True), (0, True), (-(2**62), False)])
def test_an_event_before_the_first(copy: Machine, position: int, proof: bool) -> None:
    """No walk from the first event on comes past it, and a stream is read from its index."""
    hashed = link(GENESIS, position, "env:prod", 1, "environment.created", forged())
    with closing(sqlite3.connect(copy.store)) as connection:
        connection.execute(
            "INSERT INTO stored_events VALUES (?, 'env:prod', 1, 'environment.created', ?)",
            (position, forged()),
        )
        if proof:
            signature = key_of(copy, "alice").sign(signed_bytes(hashed))
            connection.execute(
                "INSERT INTO event_proofs VALUES (?, ?, ?)", (position, hashed, signature)
            )
        connection.commit()
    refused(copy, f"event #{position}: positions begin at 1")


def test_a_proof_before_the_first(copy: Machine) -> None:
    """Its hash would be taken for the one that the first event follows."""
    with closing(sqlite3.connect(copy.store)) as connection:
        connection.execute("INSERT INTO event_proofs VALUES (-1, zeroblob(32), x'00')")
        connection.commit()
    refused(copy, "event #-1: positions begin at 1")


def test_an_event_that_nobody_signed(copy: Machine) -> None:
    with closing(sqlite3.connect(copy.store)) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
            "VALUES ('env:prod', 1, 'environment.created', ?)",
            (forged(),),
        )
        connection.commit()
    refused(copy, f"event #{EVENTS + 1}: has no proof")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE sqlite_sequence SET seq = 20", f"event #{EVENTS + 1}: is missing"),
        ("UPDATE sqlite_sequence SET seq = 3", "counter"),
        ("UPDATE sqlite_sequence SET seq = 9223372036854775807", f"#{EVENTS + 1}: is missing"),
        ("UPDATE sqlite_sequence SET seq = 'many'", "counter"),
        ("DELETE FROM sqlite_sequence", "counter"),
    ],
)
def test_a_counter_that_was_changed(store: Path, statement: str, named: str) -> None:
    change(store, statement)
    assert named in findings(store)[0]


def test_events_that_are_all_gone(copy: Machine) -> None:
    with opened(copy.store) as connection:
        connection.execute("DELETE FROM event_proofs")
        connection.execute("DELETE FROM stored_events")
        connection.execute("DELETE FROM sqlite_sequence")
    for command in (*SOME, ("init", "acme")):
        done = copy.run(*command)
        assert done.code == 4, (command, done)
        assert f"has no events: the mirror goes to #{EVENTS}" in done.error()


def index_page(store: Path) -> int:
    """Return the page with the index by stream; it is small enough to be one leaf."""
    with closing(sqlite3.connect(store)) as connection:
        return int(
            connection.execute(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_stored_events_1'"
            ).fetchone()[0]
        )


def hide_newest(store: Path) -> None:
    """Take one entry out of the index by stream: the newest of the last stream."""
    number = index_page(store)
    data = bytearray(store.read_bytes())
    start = (number - 1) * 4096
    assert data[start] == 10, "not a leaf of an index"
    cells = int.from_bytes(data[start + 3 : start + 5], "big")
    data[start + 3 : start + 5] = (cells - 1).to_bytes(2, "big")
    store.write_bytes(data)


def test_an_index_that_hides_an_event(copy: Machine) -> None:
    """The walk is by position, commands look up a stream by its index."""
    with EventLog(copy.store) as log:
        streams = log.streams("")
        before = [record.version for record in log.of_stream(streams[-1])]
    hide_newest(copy.store)
    with EventLog(copy.store) as log:
        assert [record.version for record in log.of_stream(streams[-1])] == before[:-1]
    done = copy.run("verify")
    assert done.code == 4
    assert "events.db is damaged: " in done.out + done.error()
    assert "backup" in done.hint()


def test_an_index_of_another_table(store: Path) -> None:
    """It leads to rows, though to others: those of a copy of some earlier time."""
    change(
        store,
        "CREATE TABLE hidden (a TEXT, b INTEGER, UNIQUE (a, b))",
        "INSERT INTO hidden SELECT originator_id, originator_version FROM stored_events "
        "WHERE rowid < 9",
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE "
        "name = 'sqlite_autoindex_hidden_1') WHERE name = 'sqlite_autoindex_stored_events_1'",
        "DELETE FROM sqlite_schema WHERE tbl_name = 'hidden'",
    )
    found = findings(store)
    assert any("missing from index sqlite_autoindex_stored_events_1" in one for one in found)
    assert found[0].startswith("events.db is damaged: ")


CIPHERTEXTS = {
    "text": "UPDATE sealed_values SET ciphertext = CAST(ciphertext AS TEXT)",
    "a number": "UPDATE sealed_values SET ciphertext = 7",
    "a digest of text": "INSERT INTO sealed_values VALUES (printf('%032d', 7), x'00')",
    "no digest": "INSERT INTO sealed_values VALUES (NULL, x'00')",
}


@pytest.mark.parametrize("how", some(CIPHERTEXTS, 2))
def test_a_ciphertext_of_another_type(tmp_path: Path, how: str) -> None:
    copy = unpack(tmp_path / "with-secrets")
    with opened(copy.store) as connection:
        connection.execute(CIPHERTEXTS[how])
    done = copy.run("verify")
    assert done.code == 4
    assert "ciphertext " in done.error()
    assert "not bytes" in done.error()
    for command in (("secret", "get", "dev", "API_KEY"), ("rebuild",)):
        done = copy.run(*command)
        if done.code:
            assert (done.code, "not bytes" in done.error()) == (4, True), command


def test_a_page_with_text_that_is_none(copy: Machine) -> None:
    """SQLite quotes it in its message."""
    change(
        copy.store,
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE x (' || CAST(x'e6ff' AS TEXT) "
        "WHERE name = 'event_proofs'",
    )
    refused(copy, "damaged")


VIEWS = {
    "a view": [
        "ALTER TABLE states RENAME TO hidden",
        "CREATE VIEW states AS SELECT * FROM hidden WHERE environment <> 'dev'",
    ],
    "a table more": ["CREATE TABLE notes (text)"],
    "a trigger": [
        "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM states; END",
    ],
    "version 0": ["PRAGMA user_version = 0"],
    "an index less": ["DROP INDEX states_by_position"],
}


@pytest.mark.parametrize("how", some(VIEWS, 2))
def test_views_with_another_schema_are_made_again(copy: Machine, how: str) -> None:
    """They hold nothing of their own; what they tell must not depend on who made them."""
    shown, listed = copy.ok("show", "dev").out, copy.ok("history").out
    change(copy.folder / "store/views.db", *VIEWS[how])
    assert copy.run("verify").code == (0 if how == "version 0" else 4)
    assert copy.ok("show", "dev").out == shown
    assert copy.ok("history").out == listed
    copy.ok("verify")


def test_views_whose_index_hides_a_row(copy: Machine) -> None:
    copy.ok("history")  # the first edition's views are older ones
    change(
        copy.folder / "store/views.db",
        "CREATE TABLE hidden (environment TEXT, position INTEGER)",
        "CREATE INDEX other ON hidden (environment, position)",
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE "
        "name = 'other') WHERE name = 'states_by_position'",
        "DELETE FROM sqlite_schema WHERE tbl_name = 'hidden'",
    )
    done = copy.run("verify")
    assert done.code == 4
    assert "store/views.db" in done.error()
    copy.ok("rebuild")
    copy.ok("verify")


@LONG_TAIL
def test_nothing_is_false_alarm_while_others_record(machine: Machine) -> None:
    """A look at both ends of two tables is a look at one moment."""
    from tests.crash.killing import kill, start

    process = start(machine, [["set", "local", "ports.tetra=NUMBER"]], 3000)
    seen: set[int] = set()
    while len(seen) < 5 and process.poll() is None:
        with SqliteLog(machine.store) as log:
            seen.add(log.head().position)
    kill(process, 0)
    assert len(seen) == 5
