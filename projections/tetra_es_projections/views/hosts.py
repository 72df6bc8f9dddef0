"""What happened on hosts, in the views: deployments with their ends, and operations by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tetra_es.events.deployments import (
    DeploymentEvent,
    DeploymentFailed,
    DeploymentHealthy,
    DeploymentReverted,
    DeploymentStarted,
    HostEvent,
    HostUninstalled,
)
from tetra_es.events.told import time_in

if TYPE_CHECKING:
    import sqlite3

    from tetra_es.events.base import Event

UNDER_WAY = "under way"
SERVING = "serving"


def take_in(connection: sqlite3.Connection, position: int, event: Event) -> int | None:
    """Take in an event of a host; return the position of the deployment that it is a step of.

    None for any other event: the beginning of a deployment, an operation by hand.
    """
    match event:
        case DeploymentStarted():
            _begin(connection, position, event)
            return None
        case DeploymentEvent():
            begun = _newest(connection, event.environment, event.host)
            outcome = _outcome(event)
            if begun is not None and outcome != UNDER_WAY:
                _end(connection, begun, position, event, outcome)
            return begun
        case HostEvent():
            return _operate(connection, position, event)
    return None


def _outcome(event: DeploymentEvent) -> str:
    match event:
        case DeploymentHealthy():
            return SERVING
        case DeploymentFailed():
            return "reverting" if event.switched else "failed"
        case DeploymentReverted():
            return "reverted"
        case _:
            return UNDER_WAY


def _begin(connection: sqlite3.Connection, position: int, event: DeploymentStarted) -> None:
    connection.execute(
        "INSERT INTO deployments VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', NULL, NULL, 0)",
        (
            position,
            event.environment,
            event.host,
            event.deployment,
            event.revision,
            event.metadata["actor"],
            event.metadata["reason"],
            time_in(event.timestamp),
            event.runner,
            event.machine,
            json.dumps(event.code) if event.code else None,
            json.dumps([[key, version] for key, version, _ in event.secrets]),
            UNDER_WAY,
        ),
    )


def _newest(connection: sqlite3.Connection, environment: str, host: str) -> int | None:
    row = connection.execute(
        "SELECT max(position) FROM deployments WHERE environment = ? AND host = ?",
        (environment, host),
    ).fetchone()
    return row[0] if row else None


def _end(
    connection: sqlite3.Connection, begun: int, position: int, event: DeploymentEvent, outcome: str
) -> None:
    connection.execute(
        "UPDATE deployments SET outcome = ?, ended = ?, ended_time = ?, observed = ? "
        "WHERE position = ?",
        (outcome, position, time_in(event.timestamp), int(event.observed), begun),
    )
    if isinstance(event, DeploymentFailed):
        connection.execute(
            "UPDATE deployments SET step = ?, cause = ? WHERE position = ?",
            (event.step, event.cause, begun),
        )


def _operate(connection: sqlite3.Connection, position: int, event: HostEvent) -> int | None:
    word = event.TOPIC.removeprefix("host.")
    connection.execute(
        "INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            position,
            event.environment,
            event.host,
            word,
            json.dumps(event.services),
            time_in(event.timestamp),
            event.metadata["actor"],
            event.metadata["reason"],
        ),
    )
    if not isinstance(event, HostUninstalled):
        return None
    row = connection.execute(
        "SELECT position, revision, outcome FROM deployments WHERE environment = ? AND host = ? "
        "ORDER BY position DESC LIMIT 1",
        (event.environment, event.host),
    ).fetchone()
    # The end of a removal, which is one line of the history.
    return row[0] if row and (row[1], row[2]) == (0, SERVING) else None
