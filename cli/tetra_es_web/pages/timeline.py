"""The events, a lane for each environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.refs import parse_end, parse_start
from tetra_es_projections.queries.graph import history_graph
from tetra_es_projections.queries.history import HistoryQuery
from tetra_es_web.links import address
from tetra_es_web.pages.drawing import rows_of
from tetra_es_web.pages.parts import fitting
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, file_in, number
from tetra_es_web.patterns import matcher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_web.pages.view import View

SHOWN = 40
_MOST = 50
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
    room = min(fitting(rows, lambda row: row.weight), limit)
    more, rows = len(rows) > room, rows[:room]
    at = before or view.whole.newest.event + 1
    asked = {**wanted, "before": str(at), "after": str(after or "")}
    older = str(rows[-1].event) if more else None
    events = view.reader.views.events
    return render(
        "timeline.html",
        view,
        title="Timeline",
        here=address("timeline", **{**asked, **times}),
        json=view.links.json("events", **{**asked, "n": limit}),
        command=_command(wanted, before, after, limit),
        asked=tuple({**asked, "before": str(before or "")}.items()),
        wanted=wanted,
        field={name: wanted.get(name) for name in FILTERS},
        before=before,
        after=after,
        rows=rows,
        lanes=graph.lanes,
        older=older and view.links.to("timeline", **{**wanted, "before": older, "after": after}),
        actors=events.actors() if view.links.live else (),
        types=events.topics() if view.links.live else (),
    )


def _command(wanted: Mapping[str, str], before: int | None, after: int | None, limit: int) -> str:
    words = ["history", *wanted.get("environment", "").split()]
    for name, value in wanted.items():
        if name != "environment":
            words += [f"--{name}", value]
    if before:
        words += ["--before", str(before)]
    if after:
        words += ["--after", str(after)]
    return command(*words, "-n", limit)
