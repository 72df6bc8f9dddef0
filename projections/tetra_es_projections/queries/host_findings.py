"""What an auditor should look at on hosts, as far as it is recorded: no server is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tetra_es_projections.queries.finding import Finding
from tetra_es_projections.queries.hosts import hosts_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es_projections.queries.hosts import HostAt
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.host_table import Moment

UNSEEN: Final = timedelta(days=90)
"""A host of which nothing was recorded for so long should be looked at."""

_OPEN: Final = ("under way", "reverting")
"""Outcomes that are none yet."""


def drift(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for hosts that are not as deployed: code that was changed there, stopped services."""
    for row in hosts_at(reader, moment):
        if row.code and row.code["dirty"]:
            what = f"its code was changed there since commit {row.code['commit'][:12]}"
            yield _about(row, "drift", row.event, what)
        stopped = "all services" if row.state.startswith("stopped") else ", ".join(row.stopped)
        if stopped and row.changed:
            yield _about(row, "drift", row.changed["event"], f"stopped by hand: {stopped}")


def behind(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for hosts that run an older state, or have older secrets."""
    for row in hosts_at(reader, moment):
        if row.behind:
            yield _about(
                row, "behind", row.event, f"runs {row.running}, {row.configured} is recorded"
            )
        for key in row.outdated:
            what = f"has an older version of the secret {key} than is recorded"
            yield _about(row, "behind", row.event, what)


def unverified(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for hosts of which it is not known how they are.

    Because the end of a deployment is not recorded, or because nothing was for a long time: as of
    the newest event, so that the answer does not change by itself.
    """
    events = reader.views.events
    newest = events.find(min(moment.position, events.last_position()))
    now = moment.time or (newest.time if newest else "")
    for row in hosts_at(reader, moment):
        if row.newest["outcome"] in _OPEN:
            what = f"how the deployment of {row.newest['what']} ended is not recorded"
            yield _about(row, "unverified", row.newest["event"], what)
            continue
        last = max(row.newest["time"], row.changed["time"] if row.changed else "")
        days = datetime.fromisoformat(now) - datetime.fromisoformat(last)
        if row.running and days > UNSEEN:
            what = f"nothing was recorded of it since {last}, for {days.days} days"
            yield _about(row, "unverified", row.newest["event"], what)


def _about(row: HostAt, kind: str, event: int | None, what: str) -> Finding:
    return Finding(kind, row.environment, event, row.host, what)
