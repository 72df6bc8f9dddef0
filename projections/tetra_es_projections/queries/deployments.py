"""What is recorded of environments and their servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.model.standing import Standing
from tetra_es_projections.queries.hosts import hosts_at, left_out, names_of, serving_hosts
from tetra_es_projections.queries.secrets import secrets_at
from tetra_es_projections.queries.states import document_at

if TYPE_CHECKING:
    from collections.abc import Collection

    from tetra_es.log.replica import Replica
    from tetra_es.toml.document import ConfigDocument
    from tetra_es_projections.queries.reader import Reader


class RecordedDeployments:
    """Answers from an organization that is opened for looking at it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def log(self) -> Replica:
        """The events."""
        return self._reader.log

    def serving_hosts(self, environment: str) -> list[str]:
        """Return the hosts that an environment runs on, by what was recorded; not this machine."""
        return serving_hosts(self._reader.views.hosts, environment)

    def names_of(self, environment: str, host: str, machine: str | None = None) -> list[str]:
        """Return all names of a host that an environment was deployed to; see `names_of`."""
        return names_of(self._reader.views.hosts, environment, host, machine)

    def standing(self, environment: str, host: str) -> Standing | None:
        """Return how what a host has stands to the present state; None where it has nothing."""
        rows = hosts_at(self._reader)
        row = next(
            (one for one in rows if one.environment == environment and host in one.names), None
        )
        if row is None or row.running is None:
            return None
        newest = next(
            (
                one.newest
                for one in left_out(self._reader, rows)
                if (one.environment, one.host) == (environment, row.host)
            ),
            None,
        )
        older = [
            (one["key"], one["version"], one["recorded"])
            for one in row.secrets
            if one["recorded"] != one["version"]
        ]
        return Standing(row.running, row.configured, row.behind or 0, older, newest)

    def document(self, environment: str) -> ConfigDocument:
        """Return the present TOML of an environment; see `document_at`."""
        return document_at(self._reader, environment, None)

    def secret_names(self, environment: str) -> Collection[str]:
        """Return the keys of an environment's present secrets."""
        return secrets_at(self._reader, environment, None)
