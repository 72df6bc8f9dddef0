"""Questions about environments: their states, values and secrets, and where they run."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from tetra_es.names import check_file
from tetra_es_projections.answers import columns
from tetra_es_projections.answers import environments as answers
from tetra_es_projections.answers.differences import difference_value
from tetra_es_projections.answers.hosts import hosts as hosts_of
from tetra_es_projections.answers.replay import replay_value
from tetra_es_projections.answers.states import state as state_of
from tetra_es_projections.answers.why import why_value
from tetra_es_projections.queries.differences import difference
from tetra_es_projections.queries.replay import replay as replayed
from tetra_es_projections.queries.why import explain
from tetra_es_web.routes import parameters as p
from tetra_es_web.routes.asking import api_router, asked
from tetra_es_web.routes.describing import described
from tetra_es_web.routes.replying import CSV, JSON, LINES, TOML, Answer, form_of

ROWS = (JSON, LINES, CSV)

router = api_router()


@router.get("/environments", **described("env list", ROWS))
def environments(request: Request) -> Response:
    """List the environments in promotion order, as `tetra-es env list` does."""
    form = form_of(request, ROWS)
    with asked(request) as one:
        rows = answers.environments(one.reader)
        return one.reply(Answer(rows, columns.ENVIRONMENTS), form)


@router.get("/state/{file}", **described("state", (JSON, TOML)))
def state(request: Request, file: p.FilePath, at: p.At = None) -> Response:
    """Return the recorded TOML of an environment or another file, as `tetra-es show` does."""
    form = form_of(request, (JSON, TOML))
    with asked(request) as one:
        found = state_of(one.reader, check_file(file), one.maybe(at))
        return one.reply(Answer(found, text=found["text"]), form)


@router.get("/value/{environment}", **described("get"))
def value(
    request: Request, environment: p.EnvironmentPath, key: p.OneKey, at: p.At = None
) -> Response:
    """Return one value of an environment, as `tetra-es get` does."""
    form = form_of(request, (JSON,))
    with asked(request) as one:
        name = check_file(environment)
        return one.reply(Answer(answers.value(one.reader, name, key, one.maybe(at))), form)


@router.get("/diff", **described("diff", ROWS))
def diff(request: Request, a: p.State, b: p.State) -> Response:
    """List what differs between two states by key, as `tetra-es diff` does."""
    form = form_of(request, ROWS)
    with asked(request) as one:
        for text in (a, b):
            one.note_time(text)
        rows = difference_value(difference(one.reader, a, b, zone=one.zone))
        return one.reply(Answer(rows, columns.CHANGES), form)


@router.get("/blame/{environment}", **described("blame", ROWS))
def blame(
    request: Request, environment: p.EnvironmentPath, key: p.Key = None, at: p.At = None
) -> Response:
    """List the values of an environment with the events that gave them: who, when and why."""
    form = form_of(request, ROWS)
    with asked(request) as one:
        rows = answers.blame(one.reader, check_file(environment), key, one.maybe(at))
        return one.reply(Answer(rows, columns.BLAME), form)


@router.get("/why/{environment}", **described("why"))
def explained(
    request: Request, environment: p.EnvironmentPath, key: p.OneKey, at: p.At = None
) -> Response:
    """Explain a value: the rule, the edit behind it, and where it runs, as `tetra-es why` does."""
    form = form_of(request, (JSON,))
    with asked(request) as one:
        found = explain(one.reader, check_file(environment), key, one.maybe(at))
        return one.reply(Answer(why_value(found)), form)


@router.get("/replay/{environment}", **described("replay"))
def replay(
    request: Request, environment: p.EnvironmentPath, without: p.Without, at: p.At = None
) -> Response:
    """Say what an environment would be without an event, as `tetra-es replay` does.

    Nothing tells what people would have done instead.
    """
    form = form_of(request, (JSON,))
    with asked(request) as one:
        name = check_file(environment)
        found = replayed(one.reader, name, one.ref(without), one.maybe(at))
        return one.reply(Answer(replay_value(found)), form)


@router.get("/secrets/{environment}", **described("secret list", ROWS))
def secrets(request: Request, environment: p.EnvironmentPath) -> Response:
    """List the secrets of an environment: names and versions, never values."""
    form = form_of(request, ROWS)
    with asked(request) as one:
        rows = answers.secrets(one.reader, check_file(environment))
        return one.reply(Answer(rows, columns.SECRETS), form)


@router.get("/recipients/{environment}", **described("recipient list", ROWS))
def recipients(request: Request, environment: p.EnvironmentPath, at: p.At = None) -> Response:
    """List who can read the secrets of an environment, or could at a REF."""
    form = form_of(request, ROWS)
    with asked(request) as one:
        rows = answers.recipients(one.reader, check_file(environment), one.maybe(at))
        return one.reply(Answer(rows, columns.RECIPIENTS), form)


@router.get("/hosts", **described("hosts", ROWS))
def hosts(request: Request, host: p.Host = None, at: p.At = None) -> Response:
    """List what runs on each host by the history, or ran there, as `tetra-es hosts` does."""
    form = form_of(request, ROWS)
    with asked(request) as one:
        rows = hosts_of(one.reader, host, one.maybe(at))
        return one.reply(Answer(rows, columns.HOSTS), form)
