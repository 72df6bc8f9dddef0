"""What an auditor should look at in the events themselves.

Most of it was noted when the views took an event in: see `views.findings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.log.counting import latest_by
from tetra_es.refs import present_time
from tetra_es_projections.queries.finding import Finding
from tetra_es_projections.queries.tables.host_table import NOW
from tetra_es_projections.queries.void_rules import why_void

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
            rule = reader.views.events.void(position) or ""
            yield _about(row, "void", f"changed nothing: {why_void(rule)}")


def noted(reader: Reader, moment: Moment, kind: str, skipped: int = 0) -> Iterator[Finding]:
    """Return the events of which something was noted, but for so many of the first ones."""
    for row in reader.views.findings.rows(kind, moment.position, skipped):
        yield Finding(kind, row.environment, row.event, row.summary, row.what)


def clocks(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for events that say that times before them are in the future by mistake.

    And, as of now alone, for one that is in the future and of which nobody says so.
    """
    events = reader.views.events
    for row, time, before, era in events.corrections():
        if row.event <= moment.position:
            first = events.first_after(latest_by(time), era) or events.first_after(time, era)
            since = f" since #{first.event}, by {first.actor}" if first else ""
            what = f"times were up to {before}{since}; from here on they count from {time}"
            yield _about(row, "clock", what)
    if moment == NOW and (found := in_future(reader)):
        yield found


def in_future(reader: Reader) -> Finding | None:
    """Return the first event that is dated in the future, by the clock here; None for none.

    An answer with it is not the same at every time.
    """
    events, latest = reader.views.events, latest_by(present_time())
    reached, era = events.reached()
    row = events.first_after(latest, era) if reached > latest else None
    if row is None:
        return None
    time, _ = events.effective(row.event)
    what = (
        f"{row.actor} dated it {time}, which is in the future by the clock here: nobody can record "
        "a decision until a signer without limits runs a command with --clock-was-wrong -m WHY"
    )
    return _about(row, "clock", what)


def exceptions(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for what the secret scanner was told to let pass."""
    for position in reader.views.events.of_topics(("scan.exception_added",), moment.position):
        if row := reader.views.events.find(position):
            why = row.reason.strip() or "no reason"
            what = f"{row.actor} made an exception for the secret scanner: {why}"
            yield _about(row, "exception", what)


def _about(row: EventRow, kind: str, what: str) -> Finding:
    return Finding(kind, row.environment, row.event, row.summary, what)
