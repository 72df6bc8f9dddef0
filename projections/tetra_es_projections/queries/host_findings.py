"""What an auditor should look at on hosts, as far as it is recorded: no server is asked."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tetra_es_projections.queries.finding import Finding
from tetra_es_projections.queries.hosts import hosts_at
from tetra_es_projections.queries.secrets import secrets_at_position

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tetra_es_projections.queries.hosts import HostAt
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.host_table import Moment, OperationRow

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
        by_hand = _by_hand(reader, row, moment) if row.changed else []
        if stopped:
            yield _about(row, "drift", _stopped_by(row, by_hand), f"stopped by hand: {stopped}")
        if event := _disabled_by(by_hand):
            what = "disabled by hand: its services do not start when it boots"
            yield _about(row, "drift", event, what)


def behind(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for hosts that run an older state, or have other secrets than are recorded."""
    recorded: dict[str, dict[str, int]] = {}
    for row in hosts_at(reader, moment):
        if row.behind:
            yield _about(
                row, "behind", row.event, f"runs {row.running}, {row.configured} is recorded"
            )
        if row.running and row.environment not in recorded:
            there = secrets_at_position(reader, row.environment, moment.position)
            recorded[row.environment] = there
        for what in _other_secrets(row, recorded.get(row.environment, {})):
            yield _about(row, "behind", row.event, what)


def unverified(reader: Reader, moment: Moment) -> Iterator[Finding]:
    """Look for hosts of which it is not known how they are.

    Because the end of a deployment is not recorded, or because nothing was for a long time: as of
    the newest event, so that the answer does not change by itself.
    """
    events = reader.views.events
    newest = min(moment.position, events.last_position())
    now = moment.time or events.counts_from(newest, newest)
    for row in hosts_at(reader, moment):
        if row.newest["outcome"] in _OPEN:
            what = f"how the deployment of {row.newest['what']} ended is not recorded"
            yield _about(row, "unverified", row.newest["event"], what)
            continue
        told = [row.newest["ended"] or row.newest["event"]]
        told += [row.changed["event"]] if row.changed else []
        last = max(events.counts_from(one, newest) for one in told)
        days = datetime.fromisoformat(now) - datetime.fromisoformat(last)
        if row.running and days > UNSEEN:
            what = f"nothing was recorded of it since {last}, for {days.days} days"
            yield _about(row, "unverified", row.newest["event"], what)


def _other_secrets(row: HostAt, recorded: Mapping[str, int]) -> Iterator[str]:
    """Yield in which secrets the services of a host differ from what is recorded."""
    if not row.running:
        return
    there = {each["key"]: each["version"] for each in row.secrets}
    for key in sorted({*there, *recorded}):
        if key not in recorded:
            yield f"still has the secret {key}, which was removed"
        elif key not in there:
            yield f"does not have the secret {key}, version {recorded[key]} is recorded"
        elif there[key] != recorded[key]:
            what = f"version {there[key]} of the secret {key}"
            yield f"has {what}, version {recorded[key]} is recorded"


def _by_hand(reader: Reader, row: HostAt, moment: Moment) -> list[OperationRow]:
    """Return what was done by hand to a host since the deployment that it runs, oldest first."""
    return sorted(
        one
        for name in row.names
        for one in reader.views.hosts.operations(row.environment, name, moment)
        if row.event and one.event > row.event
    )


def _stopped_by(row: HostAt, by_hand: Sequence[OperationRow]) -> int | None:
    """Return the event that stopped services of a host last which are stopped."""
    some = set(row.stopped)
    stopped = (
        one.event
        for one in by_hand
        if one.word == "stopped" and (not some or some & set(json.loads(one.services)))
    )
    return max(stopped, default=None)


def _disabled_by(by_hand: Sequence[OperationRow]) -> int | None:
    """Return the event that disabled a host's units, None where they were not, or enabled again."""
    told = [one for one in by_hand if one.word in ("enabled", "disabled")]
    return told[-1].event if told and told[-1].word == "disabled" else None


def _about(row: HostAt, kind: str, event: int | None, what: str) -> Finding:
    return Finding(kind, row.environment, event, row.host, what)
