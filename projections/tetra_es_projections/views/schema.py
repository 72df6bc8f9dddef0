"""The tables of the views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.log.sqlite.statements import difference, is_known, named, note_known

if TYPE_CHECKING:
    import sqlite3

VERSION = 19
"""Changed with the tables; views of another version are thrown away and built again."""

TABLES = """
CREATE TABLE progress (
    projection TEXT PRIMARY KEY,       -- views, files, mirror
    position INTEGER NOT NULL          -- newest event that it has taken in
) WITHOUT ROWID;

CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    environment TEXT,                  -- that it concerns
    revision INTEGER,
    topic TEXT NOT NULL,
    actor TEXT NOT NULL,
    time TEXT NOT NULL,                -- RFC 3339, UTC, microseconds: sorts as text
    effective TEXT NOT NULL,           -- the time from which on it counts
    era INTEGER,                       -- the event that effective times rise from, see counting
    reason TEXT NOT NULL,
    hash BLOB NOT NULL,
    summary TEXT NOT NULL,
    void TEXT,                         -- why it changed nothing, NULL for a valid one
    part_of INTEGER                    -- the deployment that it is a step of: its first event
);
CREATE INDEX events_by_environment ON events (environment, position);
CREATE INDEX events_by_actor ON events (actor, position);
CREATE INDEX events_by_topic ON events (topic, position);
CREATE INDEX events_by_both ON events (environment, topic, position);
CREATE INDEX events_by_effective ON events (effective);
CREATE INDEX events_by_era ON events (era, effective) WHERE era IS NOT NULL;
CREATE INDEX events_by_hash ON events (hash);
CREATE INDEX events_by_part ON events (part_of) WHERE part_of IS NOT NULL;
CREATE INDEX events_void ON events (position) WHERE void IS NOT NULL;

CREATE TABLE reached (                 -- what the effective times of later events rise from
    time TEXT NOT NULL,
    position INTEGER NOT NULL,         -- of the event that has this time
    era INTEGER NOT NULL,
    command TEXT NOT NULL,
    founding INTEGER NOT NULL
);

CREATE TABLE states (
    environment TEXT NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    time TEXT NOT NULL,
    source_revision INTEGER,           -- of local, where it was generated
    PRIMARY KEY (environment, revision)
) WITHOUT ROWID;
CREATE INDEX states_by_position ON states (environment, position);

CREATE TABLE changes (
    position INTEGER NOT NULL,
    item INTEGER NOT NULL,             -- which key of which file: its id in latest
    before TEXT,
    after TEXT,
    PRIMARY KEY (position, item)
) WITHOUT ROWID;
CREATE INDEX changes_by_item ON changes (item, position);

CREATE TABLE latest (                  -- the newest change of each key of a file that is known
    id INTEGER PRIMARY KEY,
    file TEXT NOT NULL,                -- environment, 'manifest' or 'profile NAME'
    key TEXT NOT NULL,
    position INTEGER NOT NULL,
    after TEXT,                        -- NULL where the key is gone
    UNIQUE (file, key)
);
CREATE INDEX latest_by_key ON latest (key);

CREATE TABLE purged (                  -- events of which a purge took something away
    position INTEGER PRIMARY KEY,
    file TEXT NOT NULL,                -- that the event changed, as in latest
    text INTEGER,                      -- the event that purged its text, NULL where it is there
    changes INTEGER,                   -- the one that purged what it changed, by key
    last INTEGER                       -- the last one whose changes are gone, of those without
                                       -- a whole text in between; NULL where none came after them
);
CREATE INDEX purged_by_file ON purged (file, position);
CREATE INDEX purged_open ON purged (position) WHERE last IS NULL AND changes IS NOT NULL;

CREATE TABLE inferred (                -- what is left to tell that such events changed a key
    last INTEGER NOT NULL,             -- it was one of them from the event first
    first INTEGER NOT NULL,            -- to this one
    item INTEGER NOT NULL,             -- the key's id in latest
    before TEXT,                       -- its value before the first of them
    after TEXT,                        -- and after the last
    PRIMARY KEY (item, last)
) WITHOUT ROWID;
CREATE INDEX inferred_by_last ON inferred (last);

CREATE TABLE deployments (
    position INTEGER PRIMARY KEY,      -- of deployment.started
    environment TEXT NOT NULL,
    host TEXT NOT NULL,
    deployment TEXT NOT NULL,
    revision INTEGER NOT NULL,         -- 0 where everything is removed
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    time TEXT NOT NULL,
    runner TEXT NOT NULL,
    machine TEXT,
    code TEXT,                         -- JSON, as the event has it
    secrets TEXT NOT NULL,             -- JSON, [key, version] of each
    outcome TEXT NOT NULL,             -- under way, serving, failed, reverting or reverted
    step TEXT NOT NULL,                -- that failed
    cause TEXT NOT NULL,               -- why
    ended INTEGER,                     -- the event that said the outcome
    ended_time TEXT,
    observed INTEGER NOT NULL          -- whether that was read from the server's journal
);
CREATE INDEX deployments_by_host ON deployments (environment, host, position);

CREATE TABLE operations (              -- what was done by hand
    position INTEGER PRIMARY KEY,
    environment TEXT NOT NULL,
    host TEXT NOT NULL,
    word TEXT NOT NULL,                -- started, stopped and so on
    services TEXT NOT NULL,            -- JSON; none for all
    time TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX operations_by_host ON operations (environment, host, position);

CREATE TABLE findings (                -- what an auditor should look at in an event
    kind TEXT NOT NULL,
    position INTEGER NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (kind, position)
) WITHOUT ROWID;

CREATE TABLE standing (                -- what the findings of the next event depend on
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE trigrams (                -- which blocks of events may have a text
    part TEXT NOT NULL,                -- values or texts
    slice INTEGER NOT NULL,            -- of the bits; -1 for all those of a block that goes on
    block INTEGER NOT NULL,
    bits BLOB NOT NULL,
    PRIMARY KEY (part, slice, block)
) WITHOUT ROWID;

CREATE TABLE files (
    path TEXT PRIMARY KEY,
    digest TEXT NOT NULL,              -- of the content that was projected last
    position INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE commits (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL                   -- 20 bytes
);
CREATE INDEX commits_by_id ON commits (id);
"""

SCHEMA: Final[dict[str, str | None]] = {
    **named(TABLES.split(";\n")[:-1]),
    "sqlite_autoindex_latest_1": None,
}
"""Name to statement of everything in the views, as their `sqlite_schema` has it."""

MADE_OF_EVENTS: Final = tuple(
    name
    for name, statement in SCHEMA.items()
    if (statement or "").startswith("CREATE TABLE") and name not in {"progress", "files", "commits"}
)
"""The tables that are made of the events alone, whatever files and mirror are like."""


def other_version(connection: sqlite3.Connection) -> str | None:
    """Return of which version views are that another tetra-es made, None where it was this one.

    Their tables may be the same, and what is in them not.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    return f"they are of version {version}, not {VERSION}" if version not in {0, VERSION} else None


def foreign_part(connection: sqlite3.Connection, database: str = "main") -> str | None:
    """Return how the schema of views differs from ours, None where it does not."""
    if is_known(connection):
        return None
    rows = connection.execute(f"SELECT type, name, sql FROM {database}.sqlite_schema")
    problem = difference(SCHEMA, rows)
    if problem is None and database == "main":
        note_known(connection)
    return problem
