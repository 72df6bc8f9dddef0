"""What somebody could ever read: the list of what to rotate when a person leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.domain.secret_events import (
    SECRETS_STREAM,
    SecretSet,
    SecretsResealed,
    SecretsRestored,
)
from tetra_es.domain.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tetra_es.domain.event import Event
    from tetra_es.store.log import EventLog


@dataclass(frozen=True)
class Exposed:
    """One version of a secret that a recipient could read at some time."""

    environment: str
    key: str
    version: int
    rotated: bool
    """Whether the key has another value by now, or is gone."""
    purged: bool


def exposure(log: EventLog, recipient: str) -> list[Exposed]:
    """Return every secret version that was ever encrypted for an age recipient.

    `recipient` is its text, or a name that it had in some environment. What a removed recipient
    could read stays readable for it in every copy that it has; only a new value helps.
    """
    found = []
    for stream in log.streams(SECRETS_STREAM):
        events = [record.event for record in log.of_stream(stream)]
        vault = Vault(stream)
        known = {recipient}
        versions: set[tuple[str, int]] = set()
        for event in events:
            vault.apply(event)
            if recipient in vault.recipients:
                known.add(vault.recipients[recipient])
            versions |= _readable(event, known)
        found += [
            Exposed(
                vault.environment,
                key,
                number,
                rotated=vault.present.get(key) != number,
                purged=vault.version_of(key, number).purged,
            )
            for key, number in sorted(versions)
        ]
    return found


def _readable(event: Event, recipients: Iterable[str]) -> set[tuple[str, int]]:
    """Return key and version of what an event encrypted for one of the recipients."""
    if not isinstance(event, (SecretSet, SecretsResealed, SecretsRestored)):
        return set()
    if not set(recipients) & set(event.recipients):
        return set()
    if isinstance(event, SecretSet):
        return {(event.key, event.version)}
    return {(str(key), int(number)) for key, number, _ in event.secrets}
