"""Who could ever read which versions of secrets, and who knows a value that is still in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.events.secrets import SECRETS_STREAM, RecipientAdded
from tetra_es.integrity.values import Values
from tetra_es.log.replica import valid_events
from tetra_es.model.secrets import SecretVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tetra_es.integrity.values import Encrypted
    from tetra_es.log.replica import Replica


@dataclass(frozen=True)
class Exposed:
    """One version of a secret that a recipient could read at some time."""

    environment: str
    key: str
    version: int
    name: str
    """What the recipient is, or was last, called there, or else where it first read the value."""
    recipient: str
    """The recipient itself."""
    since: str
    """The time of the event by which it could read the value, under this name or another one.

    That of the version's own where it could read the value before.
    """
    event: int
    """Its position."""
    reads: bool
    """Whether it is still a recipient of the environment, or of one that has the value now."""
    rotated: bool
    """Whether the key has another value by now, or is gone."""
    purged: bool


class Knows(NamedTuple):
    """Somebody who knows, or knew, the value that a secret has."""

    environment: str
    key: str
    version: int
    """The present one."""
    name: str
    """Of a recipient, or of the actor who recorded an event."""
    recipient: str | None
    """The recipient that could read it; None for an actor who had the value in hand."""
    by: Encrypted
    """The first event of it, if there is one of this very version."""


class Exposure:
    """Who could read which values: now or, with `upto`, as it was after the event at a position.

    `environments` are those of the manifest then: one that was taken out of it entitles nobody.
    """

    def __init__(
        self, log: Replica, environments: Collection[str], upto: int | None = None
    ) -> None:
        """Read the secrets of all environments."""
        self.values = Values(log, upto)
        self.environments = environments
        self._readers = self.values.readers()

    def versions(self) -> list[Exposed]:
        """Return every version of every secret with everybody who could read its value."""
        found = [
            self._exposed(version, recipient, events)
            for version in self.values.began
            for recipient, events in self._readers.get(self.values.value(version), {}).items()
        ]
        return sorted(found, key=lambda one: (one.environment, one.key, one.version, one.name))

    def present(self) -> Iterator[tuple[SecretVersion, SecretVersion]]:
        """Yield each version that an environment of the manifest has, and which value it is."""
        for environment, vault in sorted(self.values.vaults.items()):
            for key, number in sorted(vault.present.items()):
                if environment in self.environments:
                    version = SecretVersion(environment, key, number)
                    yield version, self.values.value(version)

    def knowing(self) -> Iterator[Knows]:
        """Yield who ever knew a value that is present, by environment and key.

        First who could read it, then who had it in hand: they set it, under whatever name, or
        encrypted it again, though it may never have been encrypted for them.
        """
        handlers = self.values.handlers()
        for version, value in self.present():
            for recipient, events in self._readers.get(value, {}).items():
                by = _of(version, events)
                name = self.values.name_of(by.version.environment, recipient)
                yield Knows(*version, name, recipient, by)
            for actor, events in handlers.get(value, {}).items():
                yield Knows(*version, actor, None, _of(version, events))

    def to_rotate(self, signers: Collection[str]) -> Iterator[Knows]:
        """Yield who knows a present value and should not any more; each name once for a secret.

        A recipient may know what an environment has whose recipient it is. An actor may, too, as
        long as they are a signer, or a recipient by that name.
        """
        told = set()
        for one in self.knowing():
            value = self.values.value(SecretVersion(*one[:3]))
            having = self.values.having(value, self.environments)
            if one.recipient is None:
                may = one.name in signers or any(one.name in each.recipients for each in having)
            else:
                may = any(one.recipient in each.recipients.values() for each in having)
            if not may and (one[:3], one.name) not in told:
                told.add((one[:3], one.name))
                yield one

    def is_recipient(self, name: str, environment: str, key: str) -> bool:
        """Return whether somebody reads the value of a present secret, by a name."""
        vault = self.values.vaults[environment]
        value = self.values.value(SecretVersion(environment, key, vault.present[key]))
        having = self.values.having(value, self.environments)
        return any(name in each.recipients for each in having)

    def compromised(self) -> Iterator[tuple[SecretVersion, SecretVersion]]:
        """Yield what is present though others know its value, with the version marked as such.

        That is the same one where it is, or else the first one with its value.
        """
        marked: dict[SecretVersion, SecretVersion] = {}
        for version in sorted(self.values.marked, key=self.values.marked.__getitem__):
            marked.setdefault(self.values.value(version), version)
        for version, value in self.present():
            if value in marked:
                yield version, version if version in self.values.marked else marked[value]

    def _exposed(self, version: SecretVersion, recipient: str, events: list[Encrypted]) -> Exposed:
        """Return that a recipient could read a value, under the name of one version."""
        values = self.values
        vault, value = values.vaults[version.environment], values.value(version)
        # It cannot be read under this name before there is such a version.
        since = max(min(events, key=_position), values.began[version], key=_position)
        having = [vault, *values.having(value, self.environments)]
        now = vault.present.get(version.key)
        return Exposed(
            environment=version.environment,
            key=version.key,
            version=version.version,
            name=values.name_of(_of(version, events).version.environment, recipient),
            recipient=recipient,
            since=since.time,
            event=since.position,
            reads=any(recipient in each.recipients.values() for each in having),
            rotated=now is None or values.value(version._replace(version=now)) != value,
            purged=values.version(version).purged,
        )


def _position(one: Encrypted) -> int:
    return one.position


def _of(version: SecretVersion, events: list[Encrypted]) -> Encrypted:
    """Return the event that is about one version, the first of the others where none is."""
    here = (one for one in events if one.version == version)
    return next(here, None) or min(events, key=_position)


def recipients_named(log: Replica, name: str, upto: int | None = None) -> set[str]:
    """Return the age recipients that had a name in some environment; none where none had it.

    With `upto`, those that had it by the event at a position.
    """
    return {
        event.recipient
        for stream in log.streams(SECRETS_STREAM)
        for record, event in valid_events(log, log.of_stream(stream))
        if isinstance(event, RecipientAdded) and event.name == name
        if upto is None or record.position <= upto
    }
