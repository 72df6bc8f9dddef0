"""The first page: environments, what runs on their hosts, and what happened last."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es_projections.queries.findings import findings, in_future
from tetra_es_projections.queries.graph import history_graph
from tetra_es_projections.queries.history import HistoryQuery
from tetra_es_projections.queries.hosts import hosts_at, left_out, moment_of_ref
from tetra_es_projections.queries.signers import signer_rows
from tetra_es_projections.queries.status import environment_rows, file_rows, removed_environments
from tetra_es_web.links import address
from tetra_es_web.pages.drawing import rows_of
from tetra_es_web.pages.findings import OPEN
from tetra_es_web.pages.parts import fitting, part_of, weight
from tetra_es_web.pages.rendering import render
from tetra_es_web.pages.view import command, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es_projections.queries.hosts import HostAt
    from tetra_es_projections.queries.status import EnvironmentStatus
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_web.pages.view import View

NEWEST = 10
_HOSTS = 12
"""Hosts of an environment that are listed here."""
_FILES = 20
_ROOM, _EVENTS = 45_000, 35_000
"""Bytes that environments may take, and the newest events beside them."""


class Card(NamedTuple):
    """An environment, the event that made its state, and its hosts."""

    state: EnvironmentStatus
    made: EventRow | None
    hosts: Sequence[HostAt]

    @property
    def weight(self) -> int:
        """How many bytes of a page it takes, about."""
        texts = weight(self.made.summary, self.made.reason, most=160) if self.made else 0
        return 1200 + texts + 900 * min(len(self.hosts), _HOSTS)


def overview(view: View, _: str, given: Mapping[str, str]) -> str:
    """Return how the organization stands, or stood at a REF."""
    reader, ref, at = view.reader, view.ref(given.get("at")), given.get("at", "").strip()
    moment = moment_of_ref(reader, ref)
    upto = view.whole.newest.event if ref is None else moment.position
    fixed = view.fixed(ref, upto)
    hosts = hosts_at(reader, moment)
    graph = history_graph(reader, HistoryQuery(limit=NEWEST, before=upto + 1, upto=upto))
    rows = rows_of(view, graph)
    states = environment_rows(reader, None if ref is None else upto)
    made = [reader.views.events.find(one.event) if one.event else None for one in states]
    there: dict[str, list[HostAt]] = {}
    for host in hosts:
        there.setdefault(host.environment, []).append(host)
    cards = [
        Card(state, event, there.get(state.environment, []))
        for state, event in zip(states, made, strict=True)
    ]
    part = part_of(cards, number(given, "part"), lambda one: one.weight, _ROOM)
    missing = left_out(reader, hosts) if ref is None else []
    ahead = in_future(reader) if view.links.live and ref is None else None
    looked_at = (*OPEN, "clock") if ahead else OPEN
    return render(
        "overview.html",
        view,
        title="Overview",
        here=address("overview", at=fixed, part=given.get("part")),
        json=None if at else view.links.json("environments"),
        jsons=[("hosts", view.links.json("hosts", at=fixed))],
        command=command("status", "--at", fixed),
        asked=(("at", at),),
        at=at,
        newest=reader.views.events.find(upto),
        part=part,
        removed=removed_environments(reader, None if ref is None else upto),
        most=_HOSTS,
        hosts=hosts,
        left_out=missing,
        findings=[*([ahead] if ahead else ()), *findings(reader, OPEN, ref)],
        open_kinds=looked_at,
        signers=signer_rows(reader, ref),
        files=file_rows(reader)[:_FILES] if view.links.live and ref is None else [],
        rows=rows[: fitting(rows, lambda row: row.weight, _EVENTS)],
        lanes=graph.lanes,
    )
