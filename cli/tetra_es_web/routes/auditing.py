"""Questions about people, about what to look at, and about the history as a whole."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import Response

from tetra_es.errors import UsageError
from tetra_es_projections.answers import columns
from tetra_es_projections.answers.findings import some_findings as findings_in
from tetra_es_projections.answers.heads import head as head_of
from tetra_es_projections.answers.people import exposure as exposure_of
from tetra_es_projections.answers.people import signers as signers_of
from tetra_es_projections.evidence.archive import write_evidence
from tetra_es_projections.evidence.selection import Filter
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.findings import KINDS, in_future
from tetra_es_web.routes import parameters as p
from tetra_es_web.routes.asking import api_router, asked
from tetra_es_web.routes.describing import described
from tetra_es_web.routes.errors import LARGEST, TooLarge
from tetra_es_web.routes.replying import CSV, JSON, LINES, ZIP, Answer, form_of

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

ROWS = (JSON, LINES, CSV)

router = api_router()


@router.get("/head", **described("head"))
def head(request: Request) -> Response:
    """Say what answers are as of: the newest event, and since when the history is complete."""
    form = form_of(request, (JSON,))
    with asked(request) as one:
        return one.reply(Answer(head_of(one.moment)), form)


@router.get("/signers", **described("signer list", ROWS))
def signers(request: Request, at: p.At = None) -> Response:
    """List who may sign, or could at a REF, as `tetra-es signer list` does."""
    form = form_of(request, ROWS)
    with asked(request) as one:
        return one.reply(Answer(signers_of(one.reader, one.maybe(at)), columns.SIGNERS), form)


@router.get("/exposure", **described("secret exposure", ROWS))
def exposure(request: Request, whom: p.Whom, at: p.At = None) -> Response:
    """List every secret version that somebody, or anybody in an environment, could ever read.

    As `tetra-es secret exposure` does; never a value.
    """
    form = form_of(request, ROWS)
    with asked(request) as one:
        rows = exposure_of(one.reader, " ".join(whom.split()[:2]), one.maybe(at))
        return one.reply(Answer(rows, columns.EXPOSURE), form)


@router.get("/findings", **described("findings", ROWS))
def findings(
    request: Request,
    kinds: p.Kinds = None,
    at: p.At = None,
    n: p.Findings = None,
    after: p.Skipped = 0,
) -> Response:
    """List what an auditor should look at, now or as of a REF, as `tetra-es findings` does.

    With `n`, so many of them; `Link` has the address of the next ones.
    """
    form = form_of(request, ROWS)
    for kind in kinds or ():
        if kind not in KINDS:
            raise UsageError(f"not a kind of findings: {kind!r}", hint=f"there are {_some()}")
    with asked(request) as one:
        ref = one.maybe(at)
        if ref is None and in_future(one.reader):
            one.stable = False
        rows, more = findings_in(one.reader, kinds or (), ref, n, after)
        following = one.page(after=after + len(rows)) if more else None
        return one.reply(Answer(rows, columns.FINDINGS, next=following), form)


@router.get("/evidence", **described("evidence", (ZIP,)))
def evidence(
    request: Request,
    environment: p.EnvironmentOf = None,
    since: p.Since = None,
    until: p.Until = None,
    chain: p.Chain = False,
) -> Response:
    """Return an archive that proves itself, as `tetra-es audit export` writes it.

    Its manifest and its checkpoint are not signed, since the service has no key, and
    `tetra-es-verify` says so. The events in it are signed as ever.
    """
    form = form_of(request, (ZIP,))
    with asked(request) as one, _Archive() as file:
        if environment is not None:
            require_environment(one.reader, environment)
        wanted = Filter(environment, one.since(since), one.until(until))
        write_evidence(one.reader.log, file, wanted, chain=chain)
        return one.reply(Answer(None, data=file.getvalue()), form)


class _Archive(BytesIO):
    """An archive that is given up while it is written, when it gets too large."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Add to it. Raises `TooLarge`."""
        if self.tell() + memoryview(data).nbytes > LARGEST:
            raise TooLarge(
                "the archive is too large for an answer",
                hint="ask for less with since and until, or use `tetra-es audit export`",
            )
        return super().write(data)


def _some() -> str:
    return ", ".join(KINDS)
