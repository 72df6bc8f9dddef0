"""The tables of the log's file, and what guards them. Version 2; the first edition's was 1."""

from __future__ import annotations

from typing import Final

from tetra_es.log.sqlite.statements import named

APPLICATION_ID: Final = 0x54455453
"""`TETS`, in the header of the file (PRAGMA application_id): what `file` can recognise."""

VERSION: Final = 2
"""Version of the tables (PRAGMA user_version); a newer one is refused."""

_TABLES: Final = (
    # One table for an event and its proof: neither can be there without the other. SQLite keeps
    # any type in any column, so the types are checked.
    """
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        stream TEXT NOT NULL CHECK (typeof(stream) = 'text'),
        version INTEGER NOT NULL CHECK (typeof(version) = 'integer'),
        topic TEXT NOT NULL CHECK (typeof(topic) = 'text'),
        state BLOB NOT NULL CHECK (typeof(state) = 'blob'),
        hash BLOB NOT NULL CHECK (typeof(hash) = 'blob' AND length(hash) = 32),
        signature BLOB NOT NULL CHECK (typeof(signature) = 'blob'),
        UNIQUE (stream, version))
    """,
    # Content-addressed; a purged body keeps its row, with NULL, so that the loss is deliberate
    # and it never comes back.
    """
    CREATE TABLE bodies (
        number INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
        content BLOB CHECK (typeof(content) IN ('blob', 'null')))
    """,
)

_NEXT: Final = (
    (
        "events",
        """NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM events)
           OR NEW.version IS NOT
              (SELECT coalesce(max(version), 0) + 1 FROM events WHERE stream = NEW.stream)""",
    ),
    (
        "bodies",
        """NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM bodies)
           OR EXISTS (SELECT 1 FROM bodies WHERE digest = NEW.digest)""",
    ),
)
"""A new row that is not the next one. REPLACE deletes what is in its way without firing triggers
of DELETE; what is next has nothing in its way, by whichever key."""

_REFUSALS: Final = (
    ("events", "UPDATE", ""),
    ("events", "DELETE", ""),
    (
        "bodies",
        "UPDATE",
        """WHEN NEW.content IS NOT NULL
           OR NEW.digest IS NOT OLD.digest OR NEW.number IS NOT OLD.number""",
    ),
    ("bodies", "DELETE", ""),
)

_TRIGGERS: Final = tuple(
    f"""
    CREATE TRIGGER {table}_only_grow BEFORE INSERT ON {table}
    WHEN {is_not_next}
    BEGIN SELECT raise(ABORT, 'history only grows: this is not the next of {table}'); END
    """
    for table, is_not_next in _NEXT
) + tuple(
    f"""
    CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table} {when}
    BEGIN SELECT raise(ABORT, 'history only grows: {act} on {table} is refused'); END
    """
    for table, act, when in _REFUSALS
)

STATEMENTS: Final = (
    *_TABLES,
    *_TRIGGERS,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)
"""What makes a new file, in one transaction."""

SCHEMA: Final[dict[str, str | None]] = {
    **named((*_TABLES, *_TRIGGERS)),
    # What SQLite adds for UNIQUE.
    "sqlite_autoindex_events_1": None,
    "sqlite_autoindex_bodies_1": None,
}
"""Name to statement of everything in the file, as its `sqlite_schema` has it."""
