"""What an auditor should look at: by kind, each with the event or the host that it is about."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from tetra_es_projections.queries import event_findings, host_findings, secret_findings
from tetra_es_projections.queries.event_findings import in_future
from tetra_es_projections.queries.finding import Finding
from tetra_es_projections.queries.hosts import moment_of_ref
from tetra_es_projections.views.findings import (
    BACKDATED,
    LOOSENED,
    OUT_OF_ORDER,
    PURGED,
    WITHOUT_REASON,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.host_table import Moment

__all__ = ["KINDS", "Finding", "findings", "in_future", "some_findings"]


class Some(NamedTuple):
    """Some of the findings that there are."""

    rows: list[Finding]
    counts: dict[str, int]
    """Kind to how many there are of it in all."""
    more: bool
    """Whether there are others after these."""


def findings(reader: Reader, kinds: Collection[str] = (), ref: Ref | None = None) -> list[Finding]:
    """Return all findings of an organization, now or as of a REF.

    With `kinds`, those of some kinds alone.
    """
    moment = moment_of_ref(reader, ref)
    return [one for kind in _wanted(kinds) for one in _of(reader, moment, kind, 0)]


def some_findings(
    reader: Reader,
    kinds: Collection[str] = (),
    ref: Ref | None = None,
    *,
    skipped: int = 0,
    limit: int,
) -> Some:
    """Return so many findings after the first ones, and how many there are; reads no more."""
    moment = moment_of_ref(reader, ref)
    upto = None if ref is None else moment.position
    counts: dict[str, int] = {}
    rows: list[Finding] = []
    for kind in _wanted(kinds):
        known = None if kind in NOTED else [*KINDS[kind](reader, moment)]
        number = reader.views.findings.count(kind, upto) if known is None else len(known)
        if number:
            counts[kind] = number
        if skipped < number and len(rows) <= limit:
            found = _of(reader, moment, kind, skipped) if known is None else known[skipped:]
            rows += islice(found, limit + 1 - len(rows))
        skipped = max(0, skipped - number)
    return Some(rows[:limit], counts, len(rows) > limit)


def _wanted(kinds: Collection[str]) -> list[str]:
    return [kind for kind in KINDS if not kinds or kind in kinds]


def _of(reader: Reader, moment: Moment, kind: str, skipped: int) -> Iterator[Finding]:
    if kind in NOTED:
        return event_findings.noted(reader, moment, kind, skipped)
    return islice(KINDS[kind](reader, moment), skipped, None)


NOTED = (PURGED, BACKDATED, OUT_OF_ORDER, LOOSENED, WITHOUT_REASON)
"""Kinds that the views have a table of: there may be as many as events."""


def _noted(kind: str) -> Callable[[Reader, Moment], Iterator[Finding]]:
    return lambda reader, moment: event_findings.noted(reader, moment, kind)


KINDS: Mapping[str, Callable[[Reader, Moment], Iterator[Finding]]] = {
    "refused": event_findings.refused,
    "void": event_findings.void,
    PURGED: _noted(PURGED),
    BACKDATED: _noted(BACKDATED),
    "clock": event_findings.clocks,
    # Changes that went around an approval belong here, once there are approvals.
    OUT_OF_ORDER: _noted(OUT_OF_ORDER),
    LOOSENED: _noted(LOOSENED),
    "exception": event_findings.exceptions,
    "compromised": secret_findings.compromised,
    "to-rotate": secret_findings.to_rotate,
    "drift": host_findings.drift,
    "behind": host_findings.behind,
    "unverified": host_findings.unverified,
    WITHOUT_REASON: _noted(WITHOUT_REASON),
}
"""Kind to what looks for it, the gravest first."""
