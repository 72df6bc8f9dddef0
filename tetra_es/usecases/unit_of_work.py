"""What a use case decides on: aggregates, each loaded once, and what is saved of them together."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.config import ORG_STREAM
from tetra_es.events.metadata import Context
from tetra_es.integrity.store import checked_vault
from tetra_es.log.replica import valid_events
from tetra_es.model.environment import Environment, environment_stream
from tetra_es.model.host import HostState, deployments_stream
from tetra_es.model.secrets import Vault, secrets_stream
from tetra_es.refs import format_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.events.base import Event
    from tetra_es.log.replica import Replica
    from tetra_es.model.aggregate import Aggregate
    from tetra_es.model.organization import Organization
    from tetra_es.store.history import History
    from tetra_es.usecases.ports import Refs

    AnyAggregate = TypeVar("AnyAggregate", bound=Aggregate)


def utc_now() -> str:
    """Return the time as events write it."""
    return format_time(datetime.now(UTC))


class Recorded(NamedTuple):
    """An event that a use case decided on. `position` is None in a dry run."""

    event: Event
    position: int | None


@dataclass(frozen=True)
class Intent:
    """Why a command records, and whether it is for real."""

    reason: str = ""
    dry_run: bool = False
    clock: Callable[[], str] = utc_now


class UnitOfWork:
    """One command's view of one organization."""

    def __init__(
        self, history: History, log: Replica, key: SigningKey, refs: Refs, intent: Intent
    ) -> None:
        self.log = log
        self.key = key
        self.refs = refs
        self.intent = intent
        self._history = history
        self.saved: list[int] = []
        """Positions of what was recorded, all that `save` returned from."""
        self._correlation = secrets.token_hex(8)
        self._loaded: dict[str, Aggregate] = {}
        self._ciphertexts: list[bytes] = []
        self._destroyed: list[bytes] = []
        self._warnings: list[str] = []

    def organization(self) -> Organization:
        """Return the organization. Raises `TetraEsError` where the store has none."""
        organization = self.new_organization()
        if not organization.version:
            raise TetraEsError(
                f"the store {self._history.path} is empty",
                hint="its init was cut short: `tetra-es init ORG` goes on",
            )
        return organization

    def new_organization(self) -> Organization:
        """Return the organization, which may have no event yet."""
        return self._load(ORG_STREAM, self._history.organization)

    def environment(self, name: str) -> Environment:
        """Return the environment as it is now; version 0 where it has no state yet."""
        return self._load(environment_stream(name), lambda: self._history.environment(name))

    def vault(self, environment: str) -> Vault:
        """Return the secrets of an environment as they are now, from checked events alone."""
        return self._load(secrets_stream(environment), lambda: checked_vault(self.log, environment))

    def host(self, environment: str, host: str) -> HostState:
        """Return an environment on a host as it is now; version 0 where it was never deployed."""
        stream = deployments_stream(environment, host)
        return self._load(stream, lambda: self._history.host(environment, host))

    def _load(self, stream: str, load: Callable[[], AnyAggregate]) -> AnyAggregate:
        if stream not in self._loaded:
            self._loaded[stream] = load()
        # A stream has one kind of aggregate, which its loader made.
        return self._loaded[stream]  # type: ignore[return-value]

    def context(self, *, reason: str | None = None) -> Context:
        """Return the context of events to record; `reason` in the place of the command's.

        Raises `Refused` when our key is not a signer's: what it signed would not verify.
        """
        organization = self.organization()
        actor = organization.signer_with(self.key.public_line)
        if actor is None:
            raise Refused(
                f"your key is not a signer of {organization.name}",
                hint=f"a signer adds it: `tetra-es signer add NAME {self.key.public_line!r}`",
            )
        return self.context_as(actor, reason=reason)

    def context_as(self, actor: str, *, reason: str | None = None) -> Context:
        """Return the context of events recorded by `actor`."""
        return Context(
            actor=actor,
            reason=self.intent.reason if reason is None else reason,
            correlation=self._correlation,
            now=self.intent.clock(),
        )

    def add_ciphertext(self, data: bytes) -> None:
        """Have an age file stored together with the events that name it."""
        self._ciphertexts.append(data)

    def destroy_ciphertext(self, digest: bytes) -> None:
        """Have an age file destroyed together with the event that says so."""
        self._destroyed.append(digest)

    def warn(self, message: str) -> None:
        """Have people told something that stops nothing."""
        self._warnings.append(message)

    def take_warnings(self) -> list[str]:
        """Return the warnings since the last time."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def positions_after(self, position: int) -> list[int]:
        """Return the positions of our own events after `position`, by what the store says."""
        return [
            record.position
            for record, event in valid_events(self.log, self.log.records(position))
            if event.metadata["correlation"] == self._correlation
        ]

    def save(self) -> list[Recorded]:
        """Save all that was decided, in one transaction; a dry run saves nothing.

        The organization's events come first, since others may rest on them, such as on an
        exception from the secret scan; then those of an aggregate that was loaded earlier.
        """
        loaded = sorted(self._loaded.values(), key=lambda each: each.id != ORG_STREAM)
        changed = [each for each in loaded if each.pending]
        events = [event for aggregate in changed for event in aggregate.pending]
        if not events:
            return []
        if self.intent.dry_run:
            for aggregate in changed:
                aggregate.collect_events()  # the next use case builds on what this one decided
            return [Recorded(event, None) for event in events]
        ciphertexts, purged = self._ciphertexts, self._destroyed
        positions = self._history.save(*changed, ciphertexts=ciphertexts, purged=purged)
        self._ciphertexts, self._destroyed = [], []
        self.saved += positions
        return [Recorded(*pair) for pair in zip(events, positions, strict=True)]

    def forget(self) -> None:
        """Drop everything loaded and decided: it is loaded again when it is asked for."""
        self._loaded.clear()
        self._warnings.clear()
        self._ciphertexts, self._destroyed = [], []
