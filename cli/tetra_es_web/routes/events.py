"""Questions about events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response

from tetra_es.errors import UsageError
from tetra_es.names import check_file
from tetra_es_projections.answers import columns
from tetra_es_projections.answers.events import event as event_of
from tetra_es_projections.answers.history import history
from tetra_es_projections.answers.proofs import proof as proof_of
from tetra_es_projections.answers.search import search as found_in
from tetra_es_projections.queries.history import HistoryQuery
from tetra_es_projections.queries.search import KINDS, Search
from tetra_es_web.patterns import matcher
from tetra_es_web.routes import parameters as p
from tetra_es_web.routes.asking import api_router, asked
from tetra_es_web.routes.describing import described
from tetra_es_web.routes.replying import CSV, JSON, LINES, Answer, form_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es_web.routes.asking import Asked

ROWS = (JSON, LINES, CSV)

router = api_router()


@router.get("/events", **described("history", ROWS))
def events(
    request: Request,
    environment: p.Where = None,
    key: p.Key = None,
    actor: p.Actor = None,
    topic: p.Type = None,
    since: p.Since = None,
    until: p.Until = None,
    grep: p.Grep = None,
    n: p.Number = p.PAGE,
    before: p.Before = None,
    after: p.After = None,
    reverse: Annotated[bool, Query(description="The oldest first.")] = False,
    changes: Annotated[bool, Query(description="A row for each key that changed.")] = False,
    steps: Annotated[bool, Query(description="Deployments with their steps.")] = False,
) -> Response:
    """List the events, newest first, as `tetra-es history` does.

    Where there may be more, `Link` has the address of the next page.
    """
    form = form_of(request, ROWS)
    with asked(request) as one:
        query = HistoryQuery(
            file=None if environment is None else check_file(environment),
            key=key,
            actor=actor,
            topic=topic,
            since=one.since(since),
            until=one.until(until),
            grep=grep,
            matcher=matcher,
            limit=n,
            before=before,
            after=after,
            reverse=reverse,
            changes=changes,
            steps=steps,
        )
        return one.reply(_rows(one, query), form)


def _rows(one: Asked, query: HistoryQuery) -> Answer:
    rows = history(one.reader, query)
    names = columns.CHANGED if query.by_key else columns.HISTORY
    more = _next(one, rows, query.limit or 0)
    return Answer(rows, names, next=more, below="steps" if query.steps else "")


def _next(one: Asked, rows: Sequence[dict[str, Any]], limit: int) -> str | None:
    """Return the address of the next page; None where this is the last one."""
    positions = [int(row["event"]) for row in rows]
    if len(set(positions)) < limit or min(positions, default=1) <= 1:
        return None
    return one.page(before=min(positions))


@router.get("/deployments", **described("history", ROWS))
def deployments(
    request: Request,
    environment: p.Where = None,
    since: p.Since = None,
    until: p.Until = None,
    n: p.Number = p.PAGE,
    before: p.Before = None,
    after: p.After = None,
) -> Response:
    """List the deployments with their steps, newest first.

    As `tetra-es history --type deployment.started --steps` does.
    """
    form = form_of(request, ROWS)
    with asked(request) as one:
        query = HistoryQuery(
            file=None if environment is None else check_file(environment),
            topic="deployment.started",
            since=one.since(since),
            until=one.until(until),
            limit=n,
            before=before,
            after=after,
            steps=True,
        )
        return one.reply(_rows(one, query), form)


@router.get("/event/{ref}", **described("event"))
def event(request: Request, ref: p.RefPath) -> Response:
    """Show one event: what it holds, its hash, its signature and its commit in the mirror."""
    form = form_of(request, (JSON,))
    with asked(request) as one:
        return one.reply(Answer(event_of(one.reader, one.ref(ref))), form)


@router.get("/event/{ref}/proof", **described("proof"))
def proof(request: Request, ref: p.RefPath) -> Response:
    """Return all that it takes to check an event by hand, with `ssh-keygen` and SHA-256."""
    form = form_of(request, (JSON,))
    with asked(request) as one:
        return one.reply(Answer(proof_of(one.reader, one.ref(ref))), form)


@router.get("/search", **described("search", ROWS))
def search(
    request: Request,
    q: p.Text,
    environment: p.Where = None,
    kinds: p.Kinds = None,
    at: p.At = None,
    n: p.Number = p.PAGE,
    before: p.Before = None,
) -> Response:
    """Find a text in keys, values, reasons and names, as `tetra-es search` does."""
    form = form_of(request, ROWS)
    with asked(request) as one:
        named = None if environment is None else check_file(environment)
        if wrong := [kind for kind in kinds or () if kind not in KINDS]:
            told = f"there are {', '.join(KINDS)}"
            raise UsageError(f"no such kind: {wrong[0]!r}", hint=told)
        wanted = Search(q, named, tuple(kinds or ()), one.maybe(at), n, before)
        rows = found_in(one.reader, wanted)
        return one.reply(Answer(rows, columns.SEARCH, next=_next(one, rows, n)), form)
