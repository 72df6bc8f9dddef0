"""The events, a lane for each environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.refs import parse_end, parse_start
from tetra_es_projections.queries.graph import history_graph
from tetra_es_projections.queries.history import HistoryQuery
from tetra_es_web.links import address
from tetra_es_web.links import given as given_pairs
from tetra_es_web.pages.drawing import rows_of
from tetra_es_web.pages.parts import fitting, room_beside
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, file_in, number
from tetra_es_web.patterns import matcher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_web.pages.view import View

SHOWN = 40
_MOST = 50
_LINKS = 10
"""Addresses of a page that keep its filters."""
FILTERS = ("environment", "key", "actor", "type", "since", "until", "grep")


def timeline(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return the events that the parameters ask for, newest first."""
    wanted = {name: given[name].strip() for name in FILTERS if given.get(name, "").strip()}
    before, after = number(given, "before"), number(given, "after")
    if file := file_in(given):
        wanted["environment"] = file
    limit = min(number(given, "n") or SHOWN, _MOST)
    times = {
        name: parse(wanted[name], view.zone)
        for name, parse in (("since", parse_start), ("until", parse_end))
        if name in wanted
    }
    query = HistoryQuery(
        file=wanted.get("environment"),
        key=wanted.get("key"),
        actor=wanted.get("actor"),
        topic=wanted.get("type"),
        since=times.get("since"),
        until=times.get("until"),
        grep=wanted.get("grep"),
        matcher=matcher,
        before=before,
        after=after,
        limit=limit + 1,
    )
    graph = history_graph(view.reader, query)
    rows = rows_of(view, graph, wanted.get("key"))
    room = room_beside(wanted.get("key"), _LINKS)
    room = min(fitting(rows, lambda row: row.weight, room), limit)
    more, rows = len(rows) > room, rows[:room]
    at = before or view.whole.newest.event + 1
    fixed: dict[str, object] = {**wanted, **times, "before": at, "after": after}
    here = address("timeline", **fixed, n=given.get("n"))
    events = view.reader.views.events
    return render(
        "timeline.html",
        view,
        title="Timeline",
        here=here,
        json=view.links.json("events", **fixed, n=limit),
        command=_command(fixed, limit),
        asked=given_pairs({**wanted, "before": before, "after": after, "n": given.get("n")}),
        wanted=wanted,
        times=times,
        field={name: wanted.get(name) for name in FILTERS},
        before=before,
        after=after,
        rows=rows,
        lanes=graph.lanes,
        older=view.links.same(here, before=rows[-1].event) if more else None,
        actors=events.actors() if view.links.live else (),
        types=events.topics() if view.links.live else (),
    )


def _command(asked: Mapping[str, object], limit: int) -> str:
    words: list[object] = ["history", *str(asked.get("environment", "")).split()]
    for name, value in asked.items():
        if name != "environment" and value is not None:
            words += [f"--{name}", value]
    return command(*words, "-n", limit)
