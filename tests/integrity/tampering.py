"""What somebody can do to a store who does not mean well, with sqlite3 alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import rfc8785

from tests.integrity.conftest import BOB
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.crypto.ssh.sshsig import sign
from tetra_es.errors import IntegrityFailure
from tetra_es.integrity.store import verify_store
from tetra_es.log.chain import link, signed_bytes
from tetra_es.store.log import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Machine, Result
    from tetra_es.crypto.ssh.keys import SigningKey

EVENT_COLUMNS = ("originator_id", "originator_version", "topic", "state")
PROOF_COLUMNS = ("hash", "signature")


@contextmanager
def opened(store: Path) -> Iterator[sqlite3.Connection]:
    """Open a store past everything that guards it, and leave no trace of that."""
    with closing(sqlite3.connect(store)) as connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)
        if connection.execute("PRAGMA user_version").fetchone() == (1,):  # the first edition's
            connection.execute(
                "UPDATE sqlite_sequence SET seq = (SELECT max(rowid) FROM stored_events) "
                "WHERE name = 'stored_events'"
            )
        connection.commit()


def flip(store: Path, position: int, column: str, at: int) -> None:
    """Flip one bit of one column of one event; `at` is counted round its length."""
    table, key = (
        ("event_proofs", "position") if column in PROOF_COLUMNS else ("stored_events", "rowid")
    )
    with opened(store) as connection:
        (value,) = connection.execute(
            f"SELECT {column} FROM {table} WHERE {key} = ?", (position,)
        ).fetchone()
        changed: object
        if isinstance(value, int):
            changed = value ^ 64
        else:
            data = bytearray(value.encode() if isinstance(value, str) else value)
            data[at % len(data)] ^= 1
            changed = data.decode() if isinstance(value, str) else bytes(data)
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (changed, position))


def delete(store: Path, *positions: int, proofs: bool = True) -> None:
    """Delete events, and their proofs unless told not to."""
    with opened(store) as connection:
        for position in positions:
            connection.execute("DELETE FROM stored_events WHERE rowid = ?", (position,))
            if proofs:
                connection.execute("DELETE FROM event_proofs WHERE position = ?", (position,))


def swap(store: Path, one: int, other: int, *, proofs: bool) -> None:
    """Swap two events, with their proofs or without."""
    with opened(store) as connection:
        for table, key in (("stored_events", "rowid"), ("event_proofs", "position")):
            if table == "event_proofs" and not proofs:
                continue
            for before, after in ((one, -1), (other, one), (-1, other)):
                connection.execute(f"UPDATE {table} SET {key} = ? WHERE {key} = ?", (after, before))


def append(
    store: Path,
    key: SigningKey,
    *,
    stream: str,
    topic: str,
    state: bytes,
    version: int | None = None,
) -> int:
    """Append an event as a signer who does not keep to the rules; hash and signature are right."""
    with opened(store) as connection:
        position, previous = connection.execute(
            "SELECT position + 1, hash FROM event_proofs ORDER BY position DESC LIMIT 1"
        ).fetchone()
        if version is None:
            (version,) = connection.execute(
                "SELECT coalesce(max(originator_version), 0) + 1 FROM stored_events "
                "WHERE originator_id = ?",
                (stream,),
            ).fetchone()
        connection.execute(
            "INSERT INTO stored_events VALUES (?, ?, ?, ?, ?)",
            (position, stream, version, topic, state),
        )
        hashed = link(previous, position, stream, version, topic, state)
        signature = sign(signed_bytes(hashed), key)
        connection.execute(
            "INSERT INTO event_proofs VALUES (?, ?, ?)", (position, hashed, signature)
        )
    return int(position)


def findings(store: Path) -> list[str]:
    """Return what is found in a store by itself, on opening it or later."""
    try:
        with EventLog(store) as log:
            return verify_store(log).findings
    except IntegrityFailure as error:
        return [error.message]


def rejected(machine: Machine) -> Result:
    """Run `verify`, which must find something: exit 4, one line, and no writing."""
    before = machine.last_position()
    done = machine.run("verify")
    assert done.code == 4, (done.out, done.err)
    assert done.error().startswith("verification failed: ")
    assert done.hint()
    assert machine.last_position() == before
    return done


def key_of(machine: Machine, name: str) -> SigningKey:
    folder = ".config" if name == "alice" else BOB
    return OwnKey(machine.home / folder / "tetra-es" / "id_ed25519").load()


def state(actor: str, **fields: object) -> bytes:
    """Return the stored state of an event as its author would write it."""
    metadata = {
        "actor": actor,
        "reason": "",
        "correlation": "0123456789abcdef",
        "tool": "tetra-es/0",
        "format": "1",
    }
    common = {"timestamp": "2026-11-22T10:05:00.000000Z", "metadata": metadata}
    return rfc8785.dumps(common | fields)  # type: ignore[arg-type]


def manifest(actor: str, **more: object) -> bytes:
    return state(actor, **{"revision": 9, "text": "", "changes": []} | more)
