"""The SQLite recorder: an event enters with its hash and its author's signature, or not at all."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from tetra_es.crypto.ssh import sshsig
from tetra_es.log import chain
from tetra_es.log.sqlite.pool import PRAGMAS, DurableFactory, DurablePool
from tetra_es.store import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventsourcing.persistence import StoredEvent
    from eventsourcing.sqlite import SQLiteCursor

    from tetra_es.crypto.ssh.keys import SigningKey


class ChainRecorder(SQLiteApplicationRecorder):
    """Inserts events, links them to the chain and signs them, in one transaction."""

    signing_key: SigningKey
    """Signs what is inserted; set once, before the first insert."""

    def __init__(
        self, datastore: SQLiteDatastore, events_table_name: str = "stored_events"
    ) -> None:
        super().__init__(datastore, events_table_name)
        self.insert_events_statement = (
            "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
            "VALUES (?, ?, ?, ?)"
        )

    def construct_create_table_statements(self) -> list[str]:
        """Return our tables and triggers, in place of the library's one table."""
        return [
            *schema.CREATE,
            *schema.TRIGGERS,
            f"PRAGMA application_id = {schema.APPLICATION_ID}",
            f"PRAGMA user_version = {schema.STORE_VERSION}",
        ]

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        *,
        ciphertexts: Sequence[bytes] = (),
        purged: Sequence[bytes] = (),
        **kwargs: Any,
    ) -> Sequence[int] | None:
        """Insert events with their proofs, and ciphertexts, all or nothing.

        The library gives a deferred transaction: its first statement must write, so that it
        waits for another writer instead of failing at the switch from reading to writing.
        """
        positions = super()._insert_events(c, stored_events, **kwargs) or []
        if not positions:
            return positions
        c.execute(
            "SELECT hash FROM event_proofs WHERE position < ? ORDER BY position DESC LIMIT 1",
            (positions[0],),
        )
        row = c.fetchone()
        previous = row[0] if row else chain.GENESIS
        for position, event in zip(positions, stored_events, strict=True):
            stream = str(event.originator_id)
            previous = chain.link(
                previous, position, stream, event.originator_version, event.topic, event.state
            )
            signature = sshsig.sign(chain.signed_bytes(previous), self.signing_key)
            c.execute("INSERT INTO event_proofs VALUES (?, ?, ?)", (position, previous, signature))
        c.executemany(
            "INSERT INTO sealed_values VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(sha256(ciphertext).digest(), ciphertext) for ciphertext in ciphertexts],
        )
        c.executemany(
            "UPDATE sealed_values SET ciphertext = NULL WHERE digest = ?",
            [(digest,) for digest in purged],
        )
        return positions


class HistoryPool(DurablePool):
    """Connections for the tables of the first edition."""

    pragmas = (
        *PRAGMAS,
        "PRAGMA foreign_keys = ON",
        # Without it INSERT OR REPLACE would slip past the triggers that refuse DELETE.
        "PRAGMA recursive_triggers = ON",
        # A purged value is overwritten with zeros, not left in a free page.
        "PRAGMA secure_delete = ON",
    )


class HistoryFactory(DurableFactory):
    """The library's SQLite infrastructure with our recorder and durable connections."""

    application_recorder_class = ChainRecorder
    pool_class = HistoryPool
