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
    from collections.abc import Collection, Sequence

    from tetra_es.events.base import Event
    from tetra_es.log.replica import Replica
    from tetra_es.model.secrets import Version


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
    """Whether it is still a recipient of the environment, or of one that has the value now."""
    rotated: bool
    """Whether the key has another value by now, or is gone."""
    purged: bool


class _Known(NamedTuple):
    """By which event a recipient could read a value, and under which name of the value."""

    version: SecretVersion
    time: str
    position: int


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
    names: dict[str, str]
    """Recipient to what it was called last."""


class Exposure:
    """Who could read which values: now or, with `upto`, as it was after the event at a position.

    A value can have several names: a version that a rollback brought back, or a copy in another
    environment. Who could read it under one of them has it.
    """

    def __init__(self, log: Replica, upto: int | None = None) -> None:
        """Read the secrets of all environments."""
        read = [_read(log, stream, upto) for stream in log.streams(SECRETS_STREAM)]
        self._streams = {one.vault.environment: one for one in read}
        self.vaults = {environment: one.vault for environment, one in self._streams.items()}
        """Environment to its secrets then."""
        self._values: dict[str, set[SecretVersion]] = {}

    def versions(self) -> list[Exposed]:
        """Return every version of every secret with everybody who could read its value."""
        knowing: dict[SecretVersion, dict[str, list[_Known]]] = {}
        for one in self._streams.values():
            for (version, recipient), known in one.known.items():
                of_value = knowing.setdefault(self._value(version), {})
                of_value.setdefault(recipient, []).append(known)
        found = [
            self._exposed(version, began, recipient, known)
            for one in self._streams.values()
            for version, began in one.began.items()
            for recipient, known in knowing.get(self._value(version), {}).items()
        ]
        return sorted(found, key=lambda one: (one.environment, one.key, one.version, one.name))

    def setters(self) -> dict[SecretVersion, str]:
        """Return each present version of a secret with the actor who gave its value.

        They know it, though it may never have been encrypted for them.
        """
        found = {}
        for environment, vault in self.vaults.items():
            for key, number in sorted(vault.present.items()):
                version = SecretVersion(environment, key, number)
                value = self._value(version)
                found[version] = self._streams[value.environment].began[value].actor
        return found

    def _reads(self, version: SecretVersion, recipient: str) -> bool:
        """Return whether an environment has the value of a version now, for a recipient too."""
        value = self._value(version)
        return any(
            value in self._present(environment)
            for environment, vault in self.vaults.items()
            if recipient in vault.recipients.values()
        )

    def _present(self, environment: str) -> set[SecretVersion]:
        """Return the values that an environment has."""
        if environment not in self._values:
            present = self.vaults[environment].present.items()
            versions = [SecretVersion(environment, key, number) for key, number in present]
            self._values[environment] = {self._value(version) for version in versions}
        return self._values[environment]

    def _value(self, version: SecretVersion) -> SecretVersion:
        """Return the version by which a value came from outside."""
        # A version is made of one that is there, under the rules that know of it: no circles.
        while source := self._version(version).source:
            version = source
        return version

    def _version(self, name: SecretVersion) -> Version:
        return self.vaults[name.environment].versions[name.key][name.version]

    def _exposed(
        self, version: SecretVersion, began: _Began, recipient: str, known: list[_Known]
    ) -> Exposed:
        """Return that a recipient could read a value, under the name of one version."""
        vault, key, number = self.vaults[version.environment], version.key, version.version
        here = next((each for each in known if each.version == version), None)
        first = here or min(known, key=lambda each: each.position)
        since = began if began.position > first.position else first
        now = vault.present.get(key)
        return Exposed(
            environment=vault.environment,
            key=key,
            version=number,
            name=self._streams[first.version.environment].names.get(recipient, recipient),
            recipient=recipient,
            since=since.time,
            event=since.position,
            reads=recipient in vault.recipients.values() or self._reads(version, recipient),
            rotated=now is None
            or self._value(version) != self._value(version._replace(version=now)),
            purged=self._version(version).purged,
        )


def exposed_to(log: Replica, known: Collection[str], upto: int | None = None) -> list[Exposed]:
    """Return every secret version whose value one of some age recipients could read."""
    return [one for one in Exposure(log, upto).versions() if one.recipient in known]


def exposed_in(log: Replica, environment: str, upto: int | None = None) -> list[Exposed]:
    """Return every secret version of an environment with everybody who could read its value."""
    return [one for one in Exposure(log, upto).versions() if one.environment == environment]


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
    one = _Stream(Vault(stream), {}, {}, {})
    for record, event in valid_events(log, log.of_stream(stream)):
        if upto is not None and record.position > upto:
            break
        one.vault.apply(event)
        if isinstance(event, RecipientAdded):
            one.names[event.recipient] = event.name
        began = _Began(event.timestamp, record.position, event.metadata["actor"])
        encrypted, recipients = _encrypted(event)
        for key, number in encrypted:
            version = SecretVersion(one.vault.environment, key, number)
            one.began.setdefault(version, began)
            for recipient in recipients:
                known = _Known(version, event.timestamp, record.position)
                one.known.setdefault((version, recipient), known)
    return one


def _encrypted(event: Event) -> tuple[list[tuple[str, int]], Sequence[str]]:
    """Return key and version of all that an event encrypted, and for whom."""
    match event:
        case SecretSet():
            return [(event.key, event.version)], event.recipients
        case SecretsReEncrypted() | SecretsRestored():
            return [(str(key), int(number)) for key, number, _ in event.secrets], event.recipients
        case _:
            return [], ()
