"""The tables of the store, and what guards them."""

from __future__ import annotations

from typing import Final

from tetra_es.log.sqlite.statements import named

APPLICATION_ID = 0x54455453
"""`TETS`, in the header of the file (PRAGMA application_id): what `file` can recognise."""

STORE_VERSION = 1
"""Version of the tables (PRAGMA user_version); a newer one is refused."""

SNAPSHOT_TOPIC = "snapshot"
"""Topic of the rows in the library's table of snapshots."""

CREATE = (
    # The event-sourcing library's columns. Its queries call the position `rowid`; declared as
    # the primary key it survives VACUUM, and AUTOINCREMENT never gives a number twice.
    """
    CREATE TABLE IF NOT EXISTS stored_events (
        rowid INTEGER PRIMARY KEY AUTOINCREMENT,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        UNIQUE (originator_id, originator_version))
    """,
    """
    CREATE TABLE IF NOT EXISTS event_proofs (
        position INTEGER PRIMARY KEY REFERENCES stored_events (rowid),
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        signature BLOB NOT NULL)
    """,
    # Content-addressed; a purged value keeps its row, with NULL, so that the loss is deliberate.
    """
    CREATE TABLE IF NOT EXISTS sealed_values (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        ciphertext BLOB)
    """,
    # The event-sourcing library's own, word for word; it makes the same where there is none.
    (
        "CREATE TABLE IF NOT EXISTS stored_snapshots (originator_id TEXT, "
        "originator_version INTEGER, topic TEXT, state BLOB, PRIMARY KEY "
        "(originator_id, originator_version)) WITHOUT ROWID"
    ),
)

_REFUSALS = (
    ("stored_events", "UPDATE", ""),
    ("stored_events", "DELETE", ""),
    ("event_proofs", "UPDATE", ""),
    ("event_proofs", "DELETE", ""),
    ("sealed_values", "UPDATE", "WHEN NEW.ciphertext IS NOT NULL OR NEW.digest <> OLD.digest"),
    ("sealed_values", "DELETE", ""),
)

_REPLACEMENTS = (
    (
        "stored_events",
        """rowid = NEW.rowid OR (originator_id = NEW.originator_id
           AND originator_version = NEW.originator_version)""",
    ),
    ("event_proofs", "position = NEW.position"),
    # The same value may come again.
    ("sealed_values", "digest = NEW.digest AND ciphertext IS NOT NEW.ciphertext"),
)
"""REPLACE deletes what is in its way, without firing DELETE triggers unless the connection has
`recursive_triggers` on; ours have, others may not."""

TRIGGERS = tuple(
    f"""
    CREATE TRIGGER IF NOT EXISTS {table}_refuse_{act.lower()} BEFORE {act} ON {table} {when}
    BEGIN SELECT raise(ABORT, 'history only grows: {act} on {table} is refused'); END
    """
    for table, act, when in _REFUSALS
) + tuple(
    f"""
    CREATE TRIGGER IF NOT EXISTS {table}_refuse_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE {there})
    BEGIN SELECT raise(ABORT, 'history only grows: replacing in {table} is refused'); END
    """
    for table, there in _REPLACEMENTS
)
"""What refuses every change of what is there."""


SCHEMA: Final[dict[str, str | None]] = {
    **named((*CREATE, *TRIGGERS)),
    # What SQLite adds for AUTOINCREMENT, UNIQUE and PRIMARY KEY.
    "sqlite_sequence": "CREATE TABLE sqlite_sequence(name,seq)",
    "sqlite_autoindex_stored_events_1": None,
    "sqlite_autoindex_sealed_values_1": None,
}
"""Name to statement of everything in a store, as its `sqlite_schema` has it."""

LATER: Final = frozenset(f"{table}_refuse_replace" for table, _ in _REPLACEMENTS)
"""What the oldest stores were made without; they have none of these."""

SNAPSHOTS: Final = "stored_snapshots"
"""The table that an `init` of the past made last."""
