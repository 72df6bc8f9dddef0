"""What every use case works with: the store, the key, the clock, and whether it is for real."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.config import ORG_STREAM
from tetra_es.events.metadata import Context
from tetra_es.integrity.store import sound_vault
from tetra_es.model.environment import Environment, environment_stream
from tetra_es.model.organization import Organization
from tetra_es.model.secrets import Vault, secrets_stream
from tetra_es.refs import format_time
from tetra_es.usecases.unit_of_work import Recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.model.aggregate import Aggregate
    from tetra_es.store.history import History
    from tetra_es.store.log import EventLog

    Result = TypeVar("Result")


def utc_now() -> str:
    """Return the time as events write it."""
    return format_time(datetime.now(UTC))


@dataclass
class Session:
    """One command's view of one organization."""

    history: History
    log: EventLog
    key: SigningKey
    reason: str = ""
    dry_run: bool = False
    clock: Callable[[], str] = utc_now
    correlation: str = field(default_factory=lambda: secrets.token_hex(8))
    _undone: dict[str, Aggregate] = field(default_factory=dict)
    """What a dry run decided on and did not save, so that its next step builds on it."""

    def environment(self, name: str) -> Environment:
        """Return the environment as it is now; version 0 where it has no state yet."""
        environment = self._undone.get(environment_stream(name))
        return (
            environment if isinstance(environment, Environment) else self.history.environment(name)
        )

    def vault(self, environment: str) -> Vault:
        """Return the secrets of an environment as they are now, from checked events alone."""
        vault = self._undone.get(secrets_stream(environment))
        return vault if isinstance(vault, Vault) else sound_vault(self.log, environment)

    def organization(self) -> Organization:
        """Return the organization. Raises `TetraEsError` where the store has none."""
        organization = self._undone.get(ORG_STREAM)
        if not isinstance(organization, Organization):
            organization = self.history.organization()
        if not organization.version:
            raise TetraEsError(
                f"the store {self.history.path} is empty",
                hint="an `init` was cut short: run `tetra-es init` again",
            )
        return organization

    def context(self, organization: Organization, *, reason: str | None = None) -> Context:
        """Return the context of events to record.

        Raises `Refused` when our key is not a signer's: what it signed would not verify.
        """
        actor = organization.signer_with(self.key.public_line)
        if actor is None:
            raise Refused(
                f"your key is not a signer of {organization.name}",
                hint=f"a signer adds it: tetra-es signer add NAME {self.key.public_line!r}",
            )
        return self.context_as(actor, reason=reason)

    def context_as(self, actor: str, *, reason: str | None = None) -> Context:
        """Return the context of events recorded by `actor`."""
        return Context(
            actor=actor,
            reason=self.reason if reason is None else reason,
            correlation=self.correlation,
            now=self.clock(),
        )

    def save(
        self, *aggregates: Aggregate, sealed: Sequence[bytes] = (), purged: Sequence[bytes] = ()
    ) -> list[Recorded]:
        """Save what the aggregates decided, in one transaction; a dry run saves nothing."""
        events = [event for aggregate in aggregates for event in aggregate.pending]
        if self.dry_run:
            for aggregate in aggregates:
                aggregate.collect_events()
                self._undone[aggregate.id] = aggregate
        if self.dry_run or not events:
            return [Recorded(event, None) for event in events]
        positions = self.history.save(*aggregates, sealed=sealed, purged=purged)
        return [Recorded(*pair) for pair in zip(events, positions, strict=True)]

    def run(self, command: Callable[[], Result]) -> Result:
        """Run a command again as long as others get in between, within bounds."""
        return self.history.retrying(command)
