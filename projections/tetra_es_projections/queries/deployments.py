"""What is recorded of environments and their servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        return self._reader.views.hosts.serving(environment)

    def document(self, environment: str) -> ConfigDocument:
        """Return the present TOML of an environment; see `document_at`."""
        return document_at(self._reader, environment, None)

    def secret_names(self, environment: str) -> Collection[str]:
        """Return the keys of an environment's present secrets."""
        return secrets_at(self._reader, environment, None)
