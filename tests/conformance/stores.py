"""A vector in the files of tetra-es, as somebody who can write them would put it there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tetra_es.log.bodies import pack
from tetra_es.log.chain import START
from tetra_es.log.sqlite.engine import create

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.vectors import Vector


def fits_a_store(vector: Vector) -> bool:
    """Return whether a store can hold the vector: its tables have no place for some forgeries."""
    after = START
    streams = set()
    for record in vector.records:
        if (record.position, record.previous) != (after.position + 1, after.hash):
            return False
        if (record.stream, record.version) in streams:
            return False
        streams.add((record.stream, record.version))
        after = record.head
    return True


def write_store(vector: Vector, path: Path) -> None:
    """Make `store/events.db` with all that a vector has, refused events and changed bodies too."""
    create(path)
    with closing(sqlite3.connect(path)) as db, db:
        guards = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            db.execute(f"DROP TRIGGER {name}")
        for number, (digest, body) in enumerate(sorted(vector.bodies.items()), 1):
            db.execute("INSERT INTO bodies VALUES (?, ?, ?)", (number, digest, pack(body)))
        for record in vector.records:
            parts = (record.stream, record.version, record.topic, record.state)
            row = (record.position, *parts, record.hash, record.signature)
            db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        for _, sql in guards:
            db.execute(sql)
