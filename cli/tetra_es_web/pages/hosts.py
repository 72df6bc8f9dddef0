"""What runs on hosts, what ran there, and every deployment and operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_projections.queries.history import HistoryQuery, history_rows
from tetra_es_projections.queries.hosts import hosts_at, left_out, moment_of_ref
from tetra_es_web.links import address
from tetra_es_web.pages.parts import fitting, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.key_table import KeyEventRow
    from tetra_es_web.pages.view import View

_SHOWN = 40


def hosts(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return what runs on each host, now or at a REF, and what was done there."""
    reader = view.reader
    ref = view.ref(given.get("at"))
    moment = moment_of_ref(reader, ref)
    rows = hosts_at(reader, moment)
    before = number(given, "before")
    at = given.get("at", "").strip()
    upto = min(moment.position, view.whole.newest.event)
    done = _done(view, before or upto + 1)
    room = min(fitting(done, _weigh), _SHOWN)
    more, done = len(done) > room, done[:room]
    return render(
        "hosts.html",
        view,
        title="Hosts",
        here=address("hosts", at=at or upto, before=before),
        json=view.links.json("hosts", at=at),
        command=command("hosts", "--at", at or upto),
        asked=(("at", at), ("before", str(before or ""))),
        at=at,
        rows=rows,
        left_out=left_out(reader, rows) if ref is None else [],
        done=done,
        before=before,
        older=done[-1].event if more and done else None,
    )


def _done(view: View, before: int) -> list[EventRow | KeyEventRow]:
    """Return deployments and operations by hand, newest first: one more than a page shows."""
    topics = ("deployment.started", "host")
    known = view.reader.views.events.topics()
    found: list[EventRow | KeyEventRow] = []
    for topic in topics:
        if any(f"{one}.".startswith(f"{topic}.") for one in known):
            query = HistoryQuery(topic=topic, before=before, limit=_SHOWN + 1)
            found += history_rows(view.reader, query)
    found.sort(key=lambda row: -row.event)
    return found[: _SHOWN + 1]


def _weigh(row: EventRow | KeyEventRow) -> int:
    return 500 + weight(row.summary, row.reason, row.actor)
