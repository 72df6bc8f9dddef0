"""Which versions of secrets somebody could ever read, from the events alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.events.secrets import (
    SECRETS_STREAM,
    SecretSet,
    SecretsReEncrypted,
    SecretsRestored,
)
from tetra_es.log.replica import events_in
from tetra_es.model.secrets import Vault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tetra_es.events.base import Event
    from tetra_es.log.replica import Replica


@dataclass(frozen=True)
class Exposed:
    """One version of a secret that a recipient could read at some time."""

    environment: str
    key: str
    version: int
    rotated: bool
    """Whether the key has another value by now, or is gone."""
    purged: bool


def exposed_to(log: Replica, known: Collection[str]) -> list[Exposed]:
    """Return every secret version that was ever encrypted for one of some age recipients."""
    found = []
    for stream in log.streams(SECRETS_STREAM):
        events = events_in(log, log.of_stream(stream))
        vault = Vault(stream)
        versions: set[tuple[str, int]] = set()
        for event in events:
            vault.apply(event)
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
    if not isinstance(event, (SecretSet, SecretsReEncrypted, SecretsRestored)):
        return set()
    if not set(recipients) & set(event.recipients):
        return set()
    if isinstance(event, SecretSet):
        return {(event.key, event.version)}
    return {(str(key), int(number)) for key, number, _ in event.secrets}
