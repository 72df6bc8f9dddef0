"""What every answer begins with: one reader for a request, as of one event."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from tetra_es import __version__
from tetra_es.zones import zone_named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from fastapi import Request

    from tetra_es_projections.queries.answering import Moment

LONGEST = 10.0
"""Seconds that the questions of one request may take by default."""


class Opened(NamedTuple):
    """An organization as of its newest event, for one request."""

    moment: Moment
    zone: tzinfo
    """Of times that are given without an offset, and of those that pages show."""
    zone_name: str


@contextmanager
def opened(request: Request) -> Iterator[Opened]:
    """Open a reader for a request. To be used inside of one thread.

    Raises `UsageError` for a time zone that there is not, and as `Answering.reading` does.
    """
    name = request.query_params.get("tz") or "UTC"
    zone = zone_named(name)
    state = request.app.state
    end = monotonic() + state.longest
    with state.answering.reading(lambda: state.is_stopping() or monotonic() > end) as moment:
        yield Opened(moment, zone, name)


def etag_of(moment: Moment, variant: str) -> str:
    """Return what an answer is known by: it changes with the events, and with the program.

    `variant` tells the representations of one address from each other, and what else they show.
    """
    asked = moment.shared.asked if moment.shared else None
    parts = (__version__, variant, moment.mirrored, asked, moment.shared, moment.stopped)
    return f'"{moment.hash[:32]}-{sha256(repr(parts).encode()).hexdigest()[:16]}"'


def is_known(request: Request, etag: str) -> bool:
    """Return whether who asks has this answer already."""
    return etag in _known(request)


def is_any_known(request: Request) -> bool:
    """Return whether who asks wants no answer if there is one at all."""
    return "*" in _known(request)


def _known(request: Request) -> set[str]:
    given = request.headers.get("if-none-match", "")
    return {one.strip().removeprefix("W/") for one in given.split(",")}


def headers_of(moment: Moment, etag: str | None = None) -> dict[str, str]:
    """Return the headers of an answer: what it is as of."""
    found = {
        "Tetra-Es-Position": str(moment.position),
        "Tetra-Es-Hash": moment.hash,
        "Tetra-Es-Time": moment.time,
        "Tetra-Es-Since": moment.since,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Authorization, Cookie",
    }
    if moment.purged:
        found["Tetra-Es-Purged"] = str(moment.purged)
    if moment.shared:
        found["Tetra-Es-Asked"] = moment.shared.asked or "never"
    if etag:
        found["ETag"] = etag
    return found
