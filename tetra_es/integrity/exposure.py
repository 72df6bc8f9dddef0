"""Who could ever read which versions of secrets, from the events alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.events.secrets import (
    SECRETS_STREAM,
    RecipientAdded,
    SecretSet,
    SecretsReEncrypted,
    SecretsRestored,
)
from tetra_es.log.replica import valid_events
from tetra_es.model.secrets import SecretVersion, Vault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

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
    """The time of the event by which it could read the value, under this name or another one."""
    event: int
    """Its position."""
    reads: bool
    """Whether it is still a recipient of the environment, or of one where it could read it."""
    rotated: bool
    """Whether the key has another value by now, or is gone."""
    purged: bool


class _Known(NamedTuple):
    """By which event a recipient could read a value, and under which name of the value."""

    version: SecretVersion
    time: str
    position: int
    name: str
    """What the recipient is called there."""


class _Began(NamedTuple):
    """The event that made a version."""

    time: str
    position: int
    actor: str


class _Stream(NamedTuple):
    """The secrets of an environment."""

    vault: Vault
    began: dict[SecretVersion, _Began]
    known: dict[tuple[SecretVersion, str], _Known]
    """Version and recipient to the event that encrypted the one for the other first."""


def exposed(log: Replica, upto: int | None = None) -> list[Exposed]:
    """Return every version of every secret with everybody who could read its value.

    A value can have several names: a version that a rollback brought back, or a copy in another
    environment. Who could read it under one of them has it. With `upto`, as it was after the event
    at that position.
    """
    streams = [_read(log, stream, upto) for stream in log.streams(SECRETS_STREAM)]
    vaults = {one.vault.environment: one.vault for one in streams}
    knowing: dict[SecretVersion, dict[str, list[_Known]]] = {}
    for one in streams:
        for (version, recipient), known in one.known.items():
            of_value = knowing.setdefault(_value(vaults, version), {})
            of_value.setdefault(recipient, []).append(known)
    found = [
        _exposed(one, version, recipient, known, vaults)
        for one in streams
        for version in one.began
        for recipient, known in knowing.get(_value(vaults, version), {}).items()
    ]
    return sorted(found, key=lambda one: (one.environment, one.key, one.version, one.name))


def exposed_to(log: Replica, known: Collection[str], upto: int | None = None) -> list[Exposed]:
    """Return every secret version whose value one of some age recipients could read."""
    return [one for one in exposed(log, upto) if one.recipient in known]


def exposed_in(log: Replica, environment: str, upto: int | None = None) -> list[Exposed]:
    """Return every secret version of an environment with everybody who could read its value."""
    return [one for one in exposed(log, upto) if one.environment == environment]


def setters(log: Replica, upto: int | None = None) -> dict[SecretVersion, str]:
    """Return each present version of a secret with the actor who gave its value.

    They know it, though it may never have been encrypted for them.
    """
    streams = [_read(log, stream, upto) for stream in log.streams(SECRETS_STREAM)]
    vaults = {one.vault.environment: one.vault for one in streams}
    began = {version: at for one in streams for version, at in one.began.items()}
    found = {}
    for environment, vault in vaults.items():
        for key, number in sorted(vault.present.items()):
            version = SecretVersion(environment, key, number)
            found[version] = began[_value(vaults, version)].actor
    return found


def recipients_named(log: Replica, name: str) -> set[str]:
    """Return the age recipients that had a name in some environment; none where none had it."""
    return {
        event.recipient
        for stream in log.streams(SECRETS_STREAM)
        for _, event in valid_events(log, log.of_stream(stream))
        if isinstance(event, RecipientAdded) and event.name == name
    }


def _read(log: Replica, stream: str, upto: int | None) -> _Stream:
    """Read the secrets of an environment."""
    one = _Stream(Vault(stream), {}, {})
    names: dict[str, str] = {}
    for record, event in valid_events(log, log.of_stream(stream)):
        if upto is not None and record.position > upto:
            break
        one.vault.apply(event)
        if isinstance(event, RecipientAdded):
            names[event.recipient] = event.name
        for key, number, recipient in _readable(event):
            version = SecretVersion(one.vault.environment, key, number)
            began = _Began(event.timestamp, record.position, event.metadata["actor"])
            one.began.setdefault(version, began)
            name = names.get(recipient, recipient)
            known = _Known(version, event.timestamp, record.position, name)
            one.known.setdefault((version, recipient), known)
    for (version, recipient), known in one.known.items():  # what it was called last
        name = names.get(recipient, recipient)
        one.known[version, recipient] = known._replace(name=name)
    return one


def _value(vaults: Mapping[str, Vault], version: SecretVersion) -> SecretVersion:
    """Return the version by which a value came from outside."""
    seen = {version}
    while vault := vaults.get(version.environment):
        found = vault.versions.get(version.key, {}).get(version.version)
        if found is None or found.source is None or found.source in seen:
            break
        version = found.source
        seen.add(version)
    return version


def _exposed(
    one: _Stream,
    version: SecretVersion,
    recipient: str,
    known: list[_Known],
    vaults: Mapping[str, Vault],
) -> Exposed:
    """Return that a recipient could read a value, under the name of one version."""
    vault, key, number = one.vault, version.key, version.version
    here = next((each for each in known if each.version == version), None)
    first = here or min(known, key=lambda each: each.position)
    began = one.began[version]
    since = began if began.position > first.position else first
    reading = {each.version.environment for each in known} | {vault.environment}
    now = vault.present.get(key)
    return Exposed(
        environment=vault.environment,
        key=key,
        version=number,
        name=first.name,
        recipient=recipient,
        since=since.time,
        event=since.position,
        reads=any(recipient in vaults[each].recipients.values() for each in reading),
        rotated=now is None
        or _value(vaults, version) != _value(vaults, SecretVersion(vault.environment, key, now)),
        purged=vault.version_of(key, number).purged,
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
