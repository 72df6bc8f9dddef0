"""No page reads the whole history: each question to a table that grows goes by an index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.pages.looking import asked_of
from tests.web.pages.test_live import GIVEN, OF
from tetra_es_web.links import LiveLinks
from tetra_es_web.pages.registry import PAGES
from tetra_es_web.pages.view import View

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from tests.machine import Machine

MORE: list[tuple[str, str, Mapping[str, str]]] = [
    ("timeline", "", {"environment": "dev", "type": "secret"}),
    ("timeline", "", {"type": "environment.promoted", "before": "20"}),
    ("timeline", "", {"actor": "alice", "key": "ports"}),
    ("search", "", {"q": "4444"}),
    ("search", "", {"q": "nowhere", "environment": "dev"}),
    ("search", "", {"q": "alice", "before": "20"}),
    ("findings", "", {"at": "20"}),
    ("findings", "", {"kind": "backdated", "after": "1"}),
    ("secrets", "dev", {}),
    ("secrets", "dev", {"at": "20"}),
    ("signers", "", {"at": "20"}),
    ("environment", "dev", {"at": "20"}),
    ("compare", "", {"a": "dev@1", "b": "local"}),
]
NEWEST = re.compile(r"ORDER BY (?:e\.)?position DESC LIMIT [0-9]+$")
"""How a question ends that reads from the newest event on, and stops."""
GROWING = re.compile(r"SCAN (events|e|changes|c|states|s|findings|f|trigrams|bodies|commits)\b")
"""What reads all of a table that has a row for each event, by its name or the one it has there."""
FEW = ("SCAN events USING INDEX events_void",)
"""Indexes of a part of a table."""


@pytest.mark.parametrize(
    ("name", "of", "given"),
    [*((name, OF.get(name, ""), GIVEN.get(name, {})) for name in PAGES), *MORE],
    ids=lambda one: str(one)[:60],
)
def test_no_page_reads_a_whole_table(
    told: Machine, name: str, of: str, given: Mapping[str, str]
) -> None:
    with asked_of(told) as (moment, asked):
        assert PAGES[name](View(moment.reader, LiveLinks()), of, given)
        assert asked[0][1]
        for connection, questions in asked:
            for sql in dict.fromkeys(questions):
                plan = plan_of(connection, sql)
                read = [step for step in plan if GROWING.match(step) and step not in FEW]
                sorts = [step for step in plan if "TEMP B-TREE" in step]
                newest = NEWEST.search(sql) and len(read) == 1 and not sorts
                assert not read or newest, (sql, plan)


def plan_of(connection: sqlite3.Connection, sql: str) -> list[str]:
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
