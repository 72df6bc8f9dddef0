"""The history as a graph, drawn with characters as `git log --graph` draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.text import one_line
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tetra_es_projections.queries.graph import Graph, Node


def graph_lines(graph: Graph) -> Iterator[str]:
    """Yield the names of the lanes, then a line for each event, and those of the edges below it."""
    if not graph.nodes:
        return
    yield f"lanes: {', '.join(graph.lanes)}"
    count = len(graph.lanes)
    events = max(len(str(node.row.event)) for node in graph.nodes)
    actors = max(len(one_line(node.row.actor)) for node in graph.nodes)
    for node in graph.nodes:
        number, actor = str(node.row.event).ljust(events), one_line(node.row.actor).ljust(actors)
        yield f"{event_row(node, count)}  {number}  {actor}  {told(node)}"
        yield from edge_rows(node, count)


def told(node: Node) -> str:
    """Return what is said of an event: when, what and why."""
    row = node.row
    reason = f" - {one_line(row.reason)}" if row.reason else ""
    return f"{short_time(row.time)}  {row.summary}{reason}"


def event_row(node: Node, count: int) -> str:
    """Return the lanes beside an event, which is a star."""
    drawn = ("*" if lane == node.lane else _line(lane in node.passing) for lane in range(count))
    return " ".join(drawn)


def edge_rows(node: Node, count: int) -> Iterator[str]:
    """Yield the lines by which a promotion goes to the lane that it was taken from."""
    if node.source is None:
        return
    step = 1 if node.lane > node.source else -1
    slope = "/" if step > 0 else "\\"
    if abs(node.lane - node.source) > 1:
        row = _lanes(node.below - ({node.source} - node.passing), count)
        row[2 * node.lane - step] = slope
        for place in range(2 * node.source + 3 * step, 2 * node.lane - step, step):
            row[place] = "_" if row[place] == " " else row[place]
        yield "".join(row).rstrip()
    row = _lanes(node.below, count)
    row[2 * node.source + step] = slope
    yield "".join(row).rstrip()


def _lanes(going_on: Collection[int], count: int) -> list[str]:
    return list(" ".join(_line(lane in going_on) for lane in range(count)))


def _line(goes_on: bool) -> str:
    return "|" if goes_on else " "
