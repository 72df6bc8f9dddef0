"""What somebody does to the store of an organization of this edition, with SQLite alone.

Either `verify` names it, or it makes no difference; and before anybody runs `verify`, no command
records on it, or answers with what was forged.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.integrity.conftest import BOB, EVENTS
from tests.integrity.tampering import key_of, opened, rejected
from tetra_es.crypto.ssh.sshsig import sign
from tetra_es.log import bodies
from tetra_es.log.chain import GENESIS, link, signed_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

COLUMNS = ("stream", "version", "topic", "state", "hash", "signature")
CHANGING = (("set", "local", "ports.tetra=1"), ("promote", "prod"), ("signer", "rm", "alice"))


def flip(store: Path, position: int, column: str, at: int) -> None:
    """Flip one bit of one column of one event; `at` is counted round its length."""
    with opened(store) as connection:
        sql = f"SELECT {column} FROM events WHERE position = ?"
        (value,) = connection.execute(sql, (position,)).fetchone()
        changed: object
        if isinstance(value, int):
            changed = value ^ 64
        else:
            data = bytearray(value.encode() if isinstance(value, str) else value)
            data[at % len(data)] ^= 1
            changed = data.decode() if isinstance(value, str) else bytes(data)
        connection.execute(
            f"UPDATE events SET {column} = ? WHERE position = ?", (changed, position)
        )


def nothing_is_recorded(copy: Machine) -> None:
    """Check that no command records anything, each in one line."""
    before = copy.last_position()
    for command in CHANGING:
        done = copy.run(*command, env={"XDG_CONFIG_HOME": str(copy.home / BOB)})
        assert done.code == 4, (command, done)
        done.error()
    assert copy.last_position() == before


def test_the_untouched_copy_is_clean(copy: Machine) -> None:
    assert f"verified {EVENTS} events" in copy.ok("verify").out


@pytest.mark.parametrize(
    ("position", "column"), some(product((1, 2, 7, EVENTS - 1, EVENTS), COLUMNS), 6)
)
def test_one_flipped_bit(copy: Machine, position: int, column: str) -> None:
    for at in (0, 40, -1):
        flip(copy.store, position, column, at)
        assert f"#{position}" in rejected(copy).out + rejected(copy).error()
        flip(copy.store, position, column, at)
    copy.ok("verify")


@pytest.mark.parametrize("position", [1, 7, EVENTS - 1, EVENTS])
def test_a_deleted_event(copy: Machine, position: int) -> None:
    with opened(copy.store) as connection:
        connection.execute("DELETE FROM events WHERE position = ?", (position,))
    rejected(copy)
    nothing_is_recorded(copy)


@pytest.mark.parametrize("keep", [1, 9, EVENTS - 1])
def test_a_store_that_lost_its_newest_events(copy: Machine, keep: int) -> None:
    """Sound by itself: the pins, and the mirror, show that there was more."""
    with opened(copy.store) as connection:
        connection.execute("DELETE FROM events WHERE position > ?", (keep,))
    found = rejected(copy)
    assert "sound" not in found.hint()
    nothing_is_recorded(copy)
    assert copy.run("rebuild").code == 4


def test_a_swapped_pair(copy: Machine) -> None:
    with opened(copy.store) as connection:
        for before, after in ((6, -1), (9, 6), (-1, 9)):
            connection.execute("UPDATE events SET position = ? WHERE position = ?", (after, before))
    assert "#6" in rejected(copy).error()


def forged(copy: Machine, position: int, *, signer: str = "bob") -> None:
    """Plant a state of prod at a position, signed by a signer of today."""
    with opened(copy.store) as connection:
        before = connection.execute(
            "SELECT hash FROM events WHERE position = ?", (position - 1,)
        ).fetchone()
        topic, state = connection.execute(
            "SELECT topic, state FROM events WHERE position = ?", (EVENTS,)
        ).fetchone()
        parts = ("env:prod", 1, topic, state.replace(b'"staging"', b'"prod"'))
        hash_ = link(before[0] if before else GENESIS, position, *parts)
        signature = sign(signed_bytes(hash_), key_of(copy, signer))
        connection.execute(
            "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
            (position, *parts, hash_, signature),
        )


@pytest.mark.parametrize("position", [-5, 0, 1, 5, EVENTS])
def test_a_planted_row(copy: Machine, position: int) -> None:
    """Before the first, or in the place of an event that was admitted here."""
    forged(copy, position)
    for command in (("show", "prod"), ("show", "staging"), ("deploy", "prod", "--dry-run")):
        done = copy.run(*command)
        assert done.code or 'name = "prod"' not in done.out, command
    rejected(copy)
    nothing_is_recorded(copy)


def test_a_body_that_was_changed(copy: Machine) -> None:
    text = copy.ok("show", "staging").out.encode()
    digest, other = sha256(text).digest(), text.replace(b"6666", b"6667")
    with opened(copy.store) as connection:
        assert connection.execute(
            "UPDATE bodies SET content = ? WHERE digest = ?", (bodies.pack(other), digest)
        ).rowcount
    done = copy.run("show", "staging")
    assert (done.code, digest.hex() in done.error()) == (4, True)
    assert digest.hex() in rejected(copy).error()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bodies SET content = CAST(content AS TEXT) WHERE number = 2",
        "UPDATE bodies SET content = NULL WHERE number = 2",
        "UPDATE bodies SET digest = CAST(digest AS TEXT) WHERE number = 2",
        "DELETE FROM bodies WHERE number = 2",
        "UPDATE events SET state = CAST(state AS TEXT) WHERE position = 3",
        "UPDATE events SET signature = x'' WHERE position = 3",
    ],
)
def test_values_that_nobody_writes(copy: Machine, statement: str) -> None:
    with opened(copy.store) as connection:
        assert connection.execute(statement).rowcount
    rejected(copy)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.95])
def test_a_store_file_cut_short(copy: Machine, part: float) -> None:
    data = copy.store.read_bytes()
    copy.store.write_bytes(data[: int(len(data) * part)])
    for command in (("verify",), ("set", "local", "ports.tetra=1")):
        done = copy.run(*command)
        assert done.code == 4, done.err
        done.error()
        assert "defect" not in done.err


@pytest.mark.parametrize(
    "statements",
    [
        ("DROP TRIGGER events_refuse_update",),
        ("ALTER TABLE events RENAME TO hidden", "CREATE VIEW events AS SELECT * FROM hidden"),
        ("CREATE TABLE notes (text)",),
        ("CREATE INDEX by_topic ON events (topic)",),
        ("PRAGMA user_version = 0",),
    ],
)
def test_another_schema(copy: Machine, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(copy.store, isolation_level=None)) as connection:
        connection.execute("PRAGMA legacy_alter_table = ON")
        for statement in statements:
            connection.execute(statement)
    for command in (("show", "dev"), ("history",), ("status",), ("verify",), ("rebuild",)):
        done = copy.run(*command)
        assert done.code == 4, command
        assert "changed" in done.error() or "claims" in done.error(), command
    nothing_is_recorded(copy)
