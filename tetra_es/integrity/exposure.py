"""Who could ever read which versions of secrets, from the events alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.events.secrets import (
    SECRETS_STREAM,
    RecipientAdded,
    SecretSet,
    SecretsReEncrypted,
    SecretsRestored,
)
from tetra_es.log.replica import valid_events
from tetra_es.model.secrets import Vault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tetra_es.events.base import Event
    from tetra_es.log.replica import Replica


@dataclass(frozen=True)
class Exposed:
    """One version of a secret that a recipient could read at some time."""

    environment: str
    key: str
    version: int
    name: str
    """What the recipient is, or was last, called in that environment."""
    recipient: str
    """The recipient itself."""
    since: str
    """The time of the event that encrypted the version for it first."""
    event: int
    """Its position."""
    reads: bool
    """Whether it is still a recipient of the environment."""
    rotated: bool
    """Whether the key has another value by now, or is gone."""
    purged: bool


def exposed_to(log: Replica, known: Collection[str], upto: int | None = None) -> list[Exposed]:
    """Return every secret version that was ever encrypted for one of some age recipients.

    With `upto`, as it was after the event at that position.
    """
    return [
        one
        for stream in log.streams(SECRETS_STREAM)
        for one in _exposed_in(log, stream, upto)
        if one.recipient in known
    ]


def exposed_in(log: Replica, environment: str, upto: int | None = None) -> list[Exposed]:
    """Return every secret version of an environment with everybody it was encrypted for."""
    return list(_exposed_in(log, SECRETS_STREAM + environment, upto))


def recipients_named(log: Replica, name: str) -> set[str]:
    """Return the age recipients that had a name in some environment; none where none had it."""
    return {
        event.recipient
        for stream in log.streams(SECRETS_STREAM)
        for _, event in valid_events(log, log.of_stream(stream))
        if isinstance(event, RecipientAdded) and event.name == name
    }


def _exposed_in(log: Replica, stream: str, upto: int | None) -> Iterator[Exposed]:
    """Yield what there is by key, version and name."""
    vault = Vault(stream)
    names: dict[str, str] = {}
    first: dict[tuple[str, int, str], tuple[str, int]] = {}
    for record, event in valid_events(log, log.of_stream(stream)):
        if upto is not None and record.position > upto:
            break
        vault.apply(event)
        if isinstance(event, RecipientAdded):
            names[event.recipient] = event.name
        for key, version, recipient in _readable(event):
            first.setdefault((key, version, recipient), (event.timestamp, record.position))
    present = set(vault.recipients.values())
    for key, version, recipient in sorted(first, key=lambda one: (*one[:2], names.get(one[2], ""))):
        since, position = first[key, version, recipient]
        yield Exposed(
            environment=vault.environment,
            key=key,
            version=version,
            name=names.get(recipient, recipient),
            recipient=recipient,
            since=since,
            event=position,
            reads=recipient in present,
            rotated=vault.present.get(key) != version,
            purged=vault.version_of(key, version).purged,
        )


def _readable(event: Event) -> Iterator[tuple[str, int, str]]:
    """Yield key, version and recipient of all that an event encrypted."""
    match event:
        case SecretSet():
            versions = [(event.key, event.version)]
        case SecretsReEncrypted() | SecretsRestored():
            versions = [(str(key), int(number)) for key, number, _ in event.secrets]
        case _:
            return
    for recipient in event.recipients:
        for key, version in versions:
            yield key, version, recipient
