"""Hosts that environments were deployed to, in the views."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
from typing import NamedTuple

from tetra_es.names import LOCALHOST


class HostRow(NamedTuple):
    """What runs on a host, and how its newest deployment ended."""

    environment: str
    host: str
    serving: int | None
    """Revision that was kept last, None for none."""
    since: str | None
    event: int
    deployment: str
    revision: int
    outcome: str
    """`under way`, `serving`, `failed`, `reverting` or `reverted`."""


class HostTable:
    """Questions about hosts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self) -> list[HostRow]:
        """Return the hosts that anything was deployed to, by environment and host."""
        rows = self._connection.execute(
            "SELECT environment, host, serving, since, position, deployment, revision, outcome "
            "FROM targets ORDER BY environment, host"
        )
        return [HostRow(*row) for row in rows]

    def serving(self, environment: str) -> list[str]:
        """Return the hosts that an environment runs on, by name; not this machine itself."""
        rows = self._connection.execute(
            "SELECT host FROM targets WHERE environment = ? AND serving > 0 AND host != ? "
            "ORDER BY host",
            (environment, LOCALHOST),
        )
        return [row[0] for row in rows]
