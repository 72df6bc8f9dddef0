"""Hosts that environments were deployed to, in the views."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
from typing import NamedTuple

from tetra_es_projections.queries.tables.event_table import FAILED


class Moment(NamedTuple):
    """Up to where events count."""

    position: int
    """The newest event that counts."""
    time: str | None
    """The time that was asked for; None where that event was."""


NOW = Moment(2**62, None)


class DeploymentRow(NamedTuple):
    """A deployment to a host as it stood at a moment."""

    event: int
    """The position of its first event."""
    revision: int
    deployment: str
    actor: str
    reason: str
    time: str
    runner: str
    machine: str | None
    code: str | None
    """JSON, as the event has it."""
    secrets: str
    """JSON, `[key, version]` of each."""
    outcome: str
    step: str
    cause: str
    ended: int | None
    ended_time: str | None
    observed: int


class OperationRow(NamedTuple):
    """Something that was done by hand on a host."""

    event: int
    word: str
    services: str
    """JSON; none for all."""
    time: str
    actor: str
    reason: str


class HostTable:
    """Questions about hosts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def pairs(self) -> list[tuple[str, str]]:
        """Return environment and host of everything that was ever deployed, by name."""
        # From one pair to the next in the index: DISTINCT would read every deployment.
        found: list[tuple[str, str]] = []
        after = ("", "")
        sql = (
            "SELECT environment, host FROM deployments WHERE (environment, host) > (?, ?) "
            "ORDER BY environment, host LIMIT 1"
        )
        while row := self._connection.execute(sql, after).fetchone():
            after = (row[0], row[1])
            found.append(after)
        return found

    def deployments(self, environment: str, host: str, moment: Moment) -> list[DeploymentRow]:
        """Return the deployments to a host that count at a moment, newest first.

        No more than are needed to know what runs: up to the last one that was kept.
        """
        rows = self._connection.execute(
            "SELECT position, revision, deployment, actor, reason, time, runner, machine, code, "
            "secrets, outcome, step, cause, ended, ended_time, observed FROM deployments "
            "WHERE environment = ? AND host = ? AND position <= ? ORDER BY position DESC",
            (environment, host, moment.position),
        )
        found = []
        for one in map(DeploymentRow._make, rows):
            found.append(self._as_of(one, moment))
            if found[-1].outcome == "serving" and found[-1].machine:
                break
        return found

    def operations(self, environment: str, host: str, moment: Moment) -> list[OperationRow]:
        """Return what was done by hand on a host up to a moment, newest first."""
        rows = self._connection.execute(
            "SELECT position, word, services, time, actor, reason FROM operations "
            "WHERE environment = ? AND host = ? AND position <= ? ORDER BY position DESC",
            (environment, host, moment.position),
        )
        return [OperationRow._make(row) for row in rows]

    def _as_of(self, one: DeploymentRow, moment: Moment) -> DeploymentRow:
        """Return a deployment as it stood at a moment, where its end came after that.

        It may have failed by then: after that, the server was reverting it.
        """
        if one.ended is None or one.ended <= moment.position:
            return one
        failed = self._connection.execute(FAILED, (one.event, moment.position)).fetchone()
        if failed is None:
            nothing = one._replace(step="", cause="", ended=None, ended_time=None)
            return nothing._replace(outcome="under way", observed=0)
        at, time = failed
        return one._replace(outcome="reverting", ended=at, ended_time=time, observed=0)
