"""How SQLite answers a question: whether it reads all of a table that grows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

_GROWING: Final = re.compile(
    r"SCAN (events|e|changes|c|states|s|findings|f|trigrams|bodies|commits)\b"
)
"""What reads all of a table that has a row for each event, by its name or the one it has there."""
_FEW: Final = ("SCAN events USING INDEX events_void",)
"""Indexes of a part of a table."""
_NEWEST: Final = re.compile(r"ORDER BY (e\.)?position DESC LIMIT [0-9]+$")
"""How a question ends that reads from the newest event on, and stops."""


def read_whole(connection: sqlite3.Connection, sql: str) -> list[str]:
    """Return the steps of a question's plan that read all of a table that grows."""
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    read = [step for step in plan if _GROWING.match(step) and step not in _FEW]
    sorted_ = any("TEMP B-TREE" in step for step in plan)
    return [] if _NEWEST.search(sql) and len(read) == 1 and not sorted_ else read
