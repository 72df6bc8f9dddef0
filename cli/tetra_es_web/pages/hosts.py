"""What runs on hosts, what ran there, and every deployment and operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_projections.queries.history import HistoryQuery, history_rows
from tetra_es_projections.queries.history_steps import with_ends
from tetra_es_projections.queries.hosts import hosts_at, left_out, moment_of_ref, on_host
from tetra_es_projections.queries.tables.host_table import Moment
from tetra_es_web.links import address
from tetra_es_web.pages.parts import fitting, part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es_projections.queries.hosts import HostAt
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.key_table import KeyEventRow
    from tetra_es_web.pages.view import View

_SHOWN = 40
_LEFT_OUT = 10
_ROOM = 35_000
"""Bytes of a page that hosts may have, and what was done there."""


def hosts(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return what runs on each host, now or at a REF, and what was done there."""
    reader = view.reader
    ref = view.ref(given.get("at"))
    moment = moment_of_ref(reader, ref)
    before, host = number(given, "before"), given.get("host", "").strip()
    at = given.get("at", "").strip()
    rows = on_host(hosts_at(reader, moment), host or None)
    upto = min(moment.position, view.whole.newest.event)
    end = min(before or upto + 1, upto + 1)
    done = _done_on(view, rows, end, upto) if host else _done(view, end, upto)
    part = part_of(rows, number(given, "part"), _weigh_host, _ROOM)
    missing = left_out(reader, rows) if ref is None and not host else []
    room = min(fitting(done, _weigh, _ROOM), _SHOWN)
    more, done = len(done) > room, done[:room]
    fixed = view.fixed(ref, upto)
    return render(
        "hosts.html",
        view,
        title="Hosts",
        here=address("hosts", host=host, at=fixed, part=given.get("part"), before=before),
        part=part,
        json=view.links.json("hosts", host=host, at=fixed),
        command=command("hosts", *([host] if host else ()), "--at", fixed),
        asked=(("host", host), ("at", at), ("before", str(before or ""))),
        at=at,
        host=host,
        rows=part.items,
        left_out=missing[:_LEFT_OUT],
        more_left_out=len(missing[_LEFT_OUT:]),
        done=done,
        before=before,
        older=done[-1].event if more and done else None,
    )


def _done(view: View, before: int, upto: int) -> list[EventRow | KeyEventRow]:
    """Return deployments and operations by hand, newest first: one more than a page shows."""
    topics = ("deployment.started", "host")
    known = view.reader.views.events.topics()
    found: list[EventRow | KeyEventRow] = []
    for topic in topics:
        if any(f"{one}.".startswith(f"{topic}.") for one in known):
            query = HistoryQuery(topic=topic, before=before, upto=upto, limit=_SHOWN + 1)
            found += history_rows(view.reader, query)
    found.sort(key=lambda row: -row.event)
    return found[: _SHOWN + 1]


def _done_on(
    view: View, rows: Sequence[HostAt], before: int, upto: int
) -> list[EventRow | KeyEventRow]:
    """Return what was done on one machine, by all of its names, newest first."""
    table, events = view.reader.views.hosts, view.reader.views.events
    moment = Moment(before - 1, None)
    found: set[int] = set()
    for row in rows:
        for name in row.names:
            found |= {one.event for one in table.deployments(row.environment, name, moment)}
            found |= {one.event for one in table.operations(row.environment, name, moment)}
    newest = sorted(found, reverse=True)[: _SHOWN + 1]
    known = [row for row in map(events.find, newest) if row is not None]
    return [*with_ends(view.reader, known, upto)]


def _weigh_host(row: HostAt) -> int:
    names = [one["key"] for one in row.secrets[:8]]
    return 1_900 + weight(row.host, *row.names, *names, row.newest["cause"])


def _weigh(row: EventRow | KeyEventRow) -> int:
    return 500 + weight(row.summary, row.reason, row.actor)
