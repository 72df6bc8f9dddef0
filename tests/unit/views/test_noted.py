"""What is noted of events when the views take them in."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, cast

from tetra_es.log.counting import Counted, Reached
from tetra_es.log.record import Record
from tetra_es_projections.queries.tables.finding_table import FindingTable
from tetra_es_projections.views.findings import BACKDATED, Findings
from tetra_es_projections.views.schema import TABLES

if TYPE_CHECKING:
    from tetra_es.log.replica import Replica

DAY = "2026-11-22T"
TIMES = [  # stream, topic, time, and the time from which the event counts
    ("env:dev", "environment.edited", f"{DAY}10:00:00.000000Z", f"{DAY}10:00:00.000000Z"),
    ("env:dev", "environment.edited", f"{DAY}09:56:00.000000Z", f"{DAY}10:00:00.000001Z"),
    ("env:dev", "environment.edited", f"{DAY}09:54:59.000000Z", f"{DAY}10:00:00.000002Z"),
    ("env:dev", "environment.imported", "2020-01-01T00:00:00.000000Z", f"{DAY}10:00:00.000003Z"),
    ("deployments:dev", "deployment.started", f"{DAY}09:00:00.000000Z", f"{DAY}10:00:00.500000Z"),
    ("env:dev", "environment.edited", f"{DAY}10:00:01.000000Z", f"{DAY}10:00:01.000000Z"),
    ("env:dev", "environment.edited", "2026-11-22T10:00:01.000000Z", f"{DAY}10:00:01.000001Z"),
    ("env:dev", "environment.edited", "2026-11-21T10:00:01.000000Z", f"{DAY}10:00:01.000001Z"),
]
METADATA = {"actor": "alice", "reason": "", "rules": 1, "batch": [1, 3]}
FIRST = json.dumps({"metadata": METADATA}).encode()


def test_times_before_those_of_earlier_events() -> None:
    """Also across what is taken in at different times."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as views:
        views.executescript(TABLES)
        for position, (stream, topic, time, effective) in enumerate(TIMES, 1):
            record = Record(position, stream, position, topic, FIRST, b"", b"", b"")
            noting = Findings(views, cast("Replica", None))
            noting.take_in(record, time, Counted(effective, 1, Reached()), None)
            noting.write()
        table = FindingTable(views)
        assert [(row[0], row[1][-28:]) for row in noted(views)] == [
            (3, f" {TIMES[2][3]}"),
            (8, f" {TIMES[7][3]}"),
        ]
        assert (table.count(BACKDATED), table.count(BACKDATED, 7)) == (2, 1)
        assert (table.count("without-reason"), table.count("without-reason", 8)) == (0, 0)


def noted(views: sqlite3.Connection) -> list[tuple[int, str]]:
    return views.execute("SELECT position, what FROM findings ORDER BY position").fetchall()
