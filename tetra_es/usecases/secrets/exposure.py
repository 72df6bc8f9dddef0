"""What somebody could ever read: the list of what to rotate when a person leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.crypto.age.recipients import parse_recipient
from tetra_es.errors import UsageError
from tetra_es.events.secrets import (
    SECRETS_STREAM,
    RecipientAdded,
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


def exposure(log: Replica, recipient: str) -> list[Exposed]:
    """Return every secret version that was ever encrypted for an age recipient.

    `recipient` is its text, with or without a comment, or a name that it had in some environment.
    Raises `UsageError` for one that none ever had: nothing found would say that all is well.

    What a removed recipient could read stays readable for it in every copy that it has; only a
    new value helps.
    """
    return exposed_to(log, _keys_of(log, recipient))


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


def _keys_of(log: Replica, recipient: str) -> set[str]:
    """Return the recipients that are meant by a name or by the text of one."""
    known = set()
    if recipient.startswith("age1") or " " in recipient.strip():
        known.add(parse_recipient(recipient).text)
    known |= keys_of_name(log, recipient)
    if not known:
        raise UsageError(
            "no environment ever had a recipient of that name",
            hint="give its name, or the age or SSH public key itself",
        )
    return known


def keys_of_name(log: Replica, name: str) -> set[str]:
    """Return the age recipients that had a name in some environment; none where none had it."""
    return {
        event.recipient
        for stream in log.streams(SECRETS_STREAM)
        for event in events_in(log, log.of_stream(stream))
        if isinstance(event, RecipientAdded) and event.name == name
    }
