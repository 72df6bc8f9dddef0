"""Every query of a long history goes by an index, and reads no more rows than it returns."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tetra_es.refs import PREVIOUS, HashRef, PositionRef, RevisionRef, TimeRef
from tetra_es_projections.queries.refs import position_of
from tetra_es_projections.queries.tables.search_table import SearchTable
from tetra_es_projections.queries.views import Views
from tetra_es_projections.views.database import open_views
from tetra_es_projections.views.trigrams import VALUES, ranges

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVENTS = 100_000
SMALL = ("SCAN latest", "SCAN l", "SCAN names", "SCAN found", "SCAN eras", "SCAN CONSTANT ROW")
"""What may be read whole: a row for each key that there ever was, for each environment and type."""

QUESTIONS: dict[str, Callable[[Views], Any]] = {
    "history of a hot key": lambda views: views.events.history(key="ports.tetra", limit=20),
    "history of a table": lambda views: views.events.history(
        environment="dev", key="ports", limit=20
    ),
    "page of a hot key": lambda views: views.events.history(
        key="ports.tetra", before=EVENTS // 2, limit=20
    ),
    "page": lambda views: views.events.history(before=EVENTS // 2, limit=20, steps=False),
    "page of an environment": lambda views: views.events.history(
        environment="dev", before=EVENTS // 2, after=7, limit=20
    ),
    "history of an environment": lambda views: views.events.history(environment="dev", limit=20),
    "history of an actor": lambda views: views.events.history(actor="alice", limit=20),
    "history of a type": lambda views: views.events.history(topic="environment.edited", limit=20),
    "history of types": lambda views: views.events.history(
        topic="environment", before=EVENTS // 2, limit=20
    ),
    "history of an environment's type": lambda views: views.events.history(
        environment="dev", topic="environment", limit=20
    ),
    "history of a type that it has none of": lambda views: views.events.history(
        environment="dev", topic="secret", before=EVENTS, limit=20
    ),
    "blame": lambda views: views.keys.blame("local"),
    "blame then": lambda views: views.keys.blame("local", upto=EVENTS // 2),
    "change of a key": lambda views: views.keys.origin_of("local", "ports.tetra", EVENTS),
    "event": lambda views: views.events.find(EVENTS // 2),
    "first event": lambda views: views.events.first_of("dev"),
    "changes": lambda views: views.events.changes(EVENTS // 2),
    "state": lambda views: views.states.find("dev", EVENTS // 2),
    "end of a state": lambda views: views.states.end_of("dev", EVENTS // 2),
    "is state": lambda views: views.states.is_state(EVENTS // 2),
    "newest of a file": lambda views: views.edited.find("manifest"),
    "revision of a file": lambda views: position_of(views, RevisionRef("local", PREVIOUS)),
    "profiles": lambda views: views.edited.profiles(),
    "environments": lambda views: views.states.environments(),
    "keys": lambda views: views.keys.names("local"),
    "commit": lambda views: views.commit(EVENTS // 2),
    "signers": lambda views: views.events.of_topics(("signer.added",), EVENTS),
    "findings": lambda views: next(views.findings.rows("backdated", EVENTS, EVENTS // 2)),
    "number of findings": lambda views: views.findings.count("backdated"),
    "number of findings then": lambda views: views.findings.count("backdated", EVENTS // 2),
    "blocks with a text": lambda views: list(
        ranges(views.connection, VALUES, ["nowhere", "anywhere"], EVENTS)
    ),
    "position": lambda views: position_of(views, PositionRef(7)),
    "revision": lambda views: position_of(views, RevisionRef("dev", 7)),
    "time": lambda views: position_of(views, TimeRef("2026-11-22T10:00:00.000007Z"), "dev"),
    "time of no file": lambda views: position_of(views, TimeRef("2026-11-22T10:00:00.000007Z")),
    "time in the future": lambda views: position_of(views, TimeRef("2099-11-22T10:00:00.000007Z")),
    "corrections": lambda views: views.events.corrections(),
    "first after a time": lambda views: views.events.first_after(
        f"2026-11-22T10:00:00.{EVENTS // 2:06}Z", 1
    ),
    "from when on an event counts": lambda views: views.events.counts_from(EVENTS // 2),
    "history of a period": lambda views: views.events.history(
        environment="dev",
        since=f"2026-11-22T10:00:00.{EVENTS // 2:06}Z",
        until=f"2026-11-22T10:00:00.{EVENTS // 2 + 20:06}Z",
    ),
    "commit id": lambda views: position_of(views, HashRef(f"{7:040x}")),
    "hash": lambda views: position_of(views, HashRef(f"{7:064x}")),
}


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The views of a long history of one hot key."""
    path = tmp_path_factory.mktemp("views") / "views.db"
    positions = range(1, EVENTS + 1)
    names = ("local", "dev")
    with closing(open_views(path)) as views:
        views.execute("PRAGMA synchronous = OFF")
        views.execute("BEGIN")
        views.executemany(
            "INSERT INTO events VALUES (?, 's', ?, ?, ?, 'alice', ?, ?, 1, '', ?, '', NULL, NULL)",
            (
                (
                    n,
                    names[n % 2],
                    n // 2,
                    "secret.set" if n == 1 else "environment.edited",
                    f"2026-11-22T10:00:00.{n:06}Z",
                    f"2026-11-22T10:00:00.{n:06}Z",
                    n.to_bytes(32),
                )
                for n in positions
            ),
        )
        views.executemany(
            "INSERT INTO states VALUES (?, ?, ?, ?, NULL)",
            ((names[n % 2], n // 2, n, f"2026-11-22T10:00:00.{n:06}Z") for n in positions),
        )
        views.executemany(
            "INSERT INTO changes VALUES (?, ?, '1', '2')", ((n, 1 + n % 2) for n in positions)
        )
        views.executemany(
            "INSERT INTO commits VALUES (?, ?)", ((n, n.to_bytes(20)) for n in positions)
        )
        views.executemany(
            "INSERT INTO findings VALUES ('backdated', ?, 'its time')", ((n,) for n in positions)
        )
        views.executemany(
            "INSERT INTO latest VALUES (?, ?, 'ports.tetra', ?, '2')",
            ((2, "dev", EVENTS - 1), (1, "local", EVENTS)),
        )
        views.execute("COMMIT")
    return path


def counted(views: Views) -> list[None]:
    """Return what grows with every 100 steps of SQLite's machine, however quick the computer is."""
    steps: list[None] = []
    views.connection.set_progress_handler(lambda: steps.append(None), 100)
    return steps


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_scans_a_large_table(long_history: Path, question: str) -> None:
    asked: list[str] = []
    with Views(long_history) as views:
        views._connection.set_trace_callback(asked.append)
        QUESTIONS[question](views)
        views._connection.set_trace_callback(None)
    assert asked
    with closing(sqlite3.connect(long_history)) as connection:
        for sql in asked:
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
            scans = [step for step in plan if step.startswith("SCAN")]
            assert all(step.startswith(SMALL) for step in scans), (sql, plan)
            sorted_rows = [step for step in plan if "TEMP B-TREE FOR ORDER BY" in step]
            assert scans or not sorted_rows, (sql, plan)


def test_a_hot_key_is_read_no_further_than_asked(long_history: Path) -> None:
    with Views(long_history) as views:
        steps = counted(views)
        rows = views.events.history(key="ports.tetra", limit=20)
        assert [row.event for row in rows] == list(range(EVENTS, EVENTS - 20, -1))
        assert len(steps) < 50
        rows = views.events.history(key="ports.tetra", before=EVENTS // 2, limit=20)
        assert rows[0].event == EVENTS // 2 - 1
        assert len(steps) < 100


def test_a_time_and_a_short_period_are_read_no_further_than_needed(long_history: Path) -> None:
    with Views(long_history) as views:
        steps = counted(views)
        for moment in ("2026-11-22T10:00:00.000007Z", "2026-11-22T10:00:00.090007Z", "2099"):
            assert position_of(views, TimeRef(moment))
        begin, end = "2026-11-22T10:00:00.000007Z", "2026-11-22T10:00:00.000027Z"
        rows = views.events.history(since=begin, until=end)
        assert [row.event for row in rows] == list(range(27, 6, -1))
        assert len(steps) < 50


def test_a_search_reads_each_table_once_and_no_further_than_asked(long_history: Path) -> None:
    """A part of a value has no index; what is read of each row is little."""
    with Views(long_history) as views:
        for text in ("2", "environment", "é", "nowhere"):
            table = SearchTable(views.connection, text)
            asked: list[str] = []
            views.connection.set_trace_callback(asked.append)
            found = [next(table.values(EVENTS), None), next(table.texts(EVENTS), None)]
            views.connection.set_trace_callback(None)
            assert (found[0] is not None) is (text == "2")
            for sql in asked:
                plan = [row[3] for row in views.connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
                assert not any("TEMP B-TREE" in step for step in plan), (sql, plan)
        steps = counted(views)
        hit = next(SearchTable(views.connection, "2").values(EVENTS))
        assert (hit.position, hit.key, hit.stands) == (EVENTS, "ports.tetra", True)
        assert SearchTable(views.connection, "LIC").actors(EVENTS) == [(EVENTS, "alice")]
        assert len(steps) < 50
