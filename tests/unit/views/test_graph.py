"""The lanes of a graph, and how it is drawn with characters."""

from __future__ import annotations

import pytest

from tetra_es_cli.output.graph import edge_rows, event_row
from tetra_es_projections.queries.graph import Graph, lay_out
from tetra_es_projections.queries.tables.event_table import EventRow


def row(event: int, environment: str | None) -> EventRow:
    return EventRow(event, environment, 1, "t", "alice", "2026-11-22T10:00:00.000000Z", "", "", "s")


def graph(*events: str, first: dict[str, int] | None = None) -> Graph:
    """Return the graph of events, newest first: `dev<local` was promoted from local."""
    rows, sources = [], {}
    for position, event in zip(range(len(events), 0, -1), events, strict=True):
        name, _, source = event.partition("<")
        rows.append(row(position, None if name == "org" else name))
        if source:
            sources[position] = source
    known = {each.environment or "org" for each in rows} | set(sources.values())
    lanes = [each for each in ("org", "local", "dev", "staging", "prod") if each in known]
    ends: dict[str, int] = {}
    for each in rows:
        ends[each.environment or "org"] = each.event
    return lay_out(rows, sources, lanes, {**ends, **(first or {})})


def drawn(found: Graph) -> list[str]:
    lines = []
    for node in found.nodes:
        lines.append(event_row(node, len(found.lanes)).rstrip())
        lines += edge_rows(node, len(found.lanes))
    return lines


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (("local", "org"), ["  *", "*"]),
        (("local", "local", "org", "org"), ["  *", "  *", "*", "*"]),
        (("dev<local", "local", "local"), ["  *", "|/", "*", "*"]),
        (("dev<local", "local", "dev<local", "local"), ["  *", "|/|", "* |", "| *", "|/", "*"]),
        (
            ("prod<local", "staging<local", "dev<local", "local", "prod<local", "local"),
            [
                *("      *", "   __/|", "|/    |"),
                *("|   * |", "|  /  |", "|/    |", "| *   |", "|/    |"),
                *("*     |", "|     *", "|  __/", "|/", "*"),
            ],
        ),
        (
            ("prod<staging", "staging<local", "local"),
            ["    *", "  |/", "  *", "|/", "*"],
        ),
        (("local", "dev<prod", "prod", "local"), ["*", "| *", "|  \\|", "|   *", "*"]),
    ],
)
def test_it_reads_as_git_draws_it(events: tuple[str, ...], expected: list[str]) -> None:
    assert drawn(graph(*events)) == expected


def test_a_lane_goes_on_where_older_events_are_not_shown() -> None:
    found = graph("local", "dev", first={"local": 0, "dev": 0})
    assert drawn(found) == ["*", "| *"]
    assert found.nodes[-1].below == {0, 1}


def test_a_lane_ends_where_its_first_event_is_left_out() -> None:
    found = graph("local", "dev", "dev", "dev", first={"local": 3})
    assert drawn(found) == ["*", "| *", "  *", "  *"]
