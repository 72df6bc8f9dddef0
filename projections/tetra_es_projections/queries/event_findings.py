"""What an auditor should look at in the events themselves.

Most of it was noted when the views took an event in: see `views.findings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_projections.queries.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.host_table import Moment


def refused(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for what is stored after the newest event and does not count."""
    stopped = reader.log.stopped() if moment.position >= reader.log.last_position() else None
    if stopped:
        subject, _, what = stopped.partition(": ")
        told = "it does not count, nor does what comes after it"
        yield Finding("refused", None, None, subject, f"{what}; {told}")


def void(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for events that changed nothing."""
    for position in reader.views.events.all_void():
        row = reader.views.events.find(position)
        if row is not None and position <= moment.position:
            why = reader.views.events.void(position)
            yield _about(row, "void", f"changed nothing: {why}")


def noted(reader: Reader, moment: Moment, kind: str, skipped: int = 0) -> Iterator[Finding]:
    """Return the events of which something was noted, but for so many of the first ones."""
    for row in reader.views.findings.rows(kind, moment.position, skipped):
        yield Finding(kind, row.environment, row.event, row.summary, row.what)


def clocks(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for events that say that times before them are in the future by mistake."""
    for row, before in reader.views.events.corrections():
        if row.event <= moment.position:
            what = f"times were up to {before}; from here on they count from {row.time}"
            yield _about(row, "clock", what)


def exceptions(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for what the secret scanner was told to let pass."""
    for position in reader.views.events.of_topics(("scan.exception_added",), moment.position):
        if row := reader.views.events.find(position):
            what = (
                f"{row.actor} made an exception for the secret scanner: {row.reason or 'no reason'}"
            )
            yield _about(row, "exception", what)


def _about(row: EventRow, kind: str, what: str) -> Finding:
    return Finding(kind, row.environment, row.event, row.summary, what)
