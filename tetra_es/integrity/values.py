"""Which versions of secrets have one value, and who had it in hand, from the events alone.

A value can have several names: a version that was brought back, or a copy in another environment.
Who knows it under one of them knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.events.secrets import (
    SECRETS_STREAM,
    RecipientAdded,
    SecretCompromised,
    SecretSet,
    SecretsReEncrypted,
    SecretsRestored,
)
from tetra_es.log.replica import valid_events
from tetra_es.model.secrets import SecretVersion, Vault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tetra_es.events.base import Event
    from tetra_es.events.secrets import CiphertextRef
    from tetra_es.log.replica import Replica
    from tetra_es.model.secrets import Version


class Encrypted(NamedTuple):
    """That an event has an age file of a version."""

    version: SecretVersion
    time: str
    position: int
    actor: str
    """Who recorded it."""
    again: bool
    """Whether the version had an age file before."""


class Values:
    """The secrets of all environments: now or, with `upto`, as after the event at a position."""

    def __init__(self, log: Replica, upto: int | None = None) -> None:
        """Read them."""
        self.vaults: dict[str, Vault] = {}
        """Environment to its secrets."""
        self.began: dict[SecretVersion, Encrypted] = {}
        """Every version that there ever was, with the event that made it."""
        self.marked: dict[SecretVersion, int] = {}
        """Every version that is marked as compromised, with the position of the event that did."""
        self._names: dict[tuple[str, str], str] = {}
        self._readable: dict[tuple[SecretVersion, str], Encrypted] = {}
        self._handled: dict[tuple[SecretVersion, str], Encrypted] = {}
        self._present: dict[str, set[SecretVersion]] = {}
        for stream in log.streams(SECRETS_STREAM):
            self._read(log, stream, upto)

    def value(self, version: SecretVersion) -> SecretVersion:
        """Return the version by which the value of a version came from outside."""
        # A version is made of one that is there, under the rules that know of it: no circles.
        while source := self.version(version).source:
            version = source
        return version

    def version(self, name: SecretVersion) -> Version:
        """Return what is known of a version itself."""
        return self.vaults[name.environment].versions[name.key][name.version]

    def name_of(self, environment: str, recipient: str) -> str:
        """Return what a recipient is, or was last, called in an environment."""
        return self._names.get((environment, recipient), recipient)

    def readers(self) -> dict[SecretVersion, dict[str, list[Encrypted]]]:
        """Return value to recipient to the events that encrypted the one for the other.

        Of each version that has the value, the first such event.
        """
        return self._by_value(self._readable)

    def handlers(self) -> dict[SecretVersion, dict[str, list[Encrypted]]]:
        """Return value to actor to the events that have an age file of it that was new then.

        To make one takes the value, typed or decrypted. Of each version, the first such event.
        """
        return self._by_value(self._handled)

    def present_in(self, environment: str) -> set[SecretVersion]:
        """Return the values that an environment has."""
        if environment not in self._present:
            vault = self.vaults[environment]
            versions = (SecretVersion(environment, *one) for one in vault.present.items())
            self._present[environment] = {self.value(version) for version in versions}
        return self._present[environment]

    def having(self, value: SecretVersion, environments: Collection[str]) -> list[Vault]:
        """Return the secrets of those environments that have a value."""
        return [
            vault
            for name, vault in self.vaults.items()
            if name in environments and value in self.present_in(name)
        ]

    def _by_value(
        self, found: dict[tuple[SecretVersion, str], Encrypted]
    ) -> dict[SecretVersion, dict[str, list[Encrypted]]]:
        known: dict[SecretVersion, dict[str, list[Encrypted]]] = {}
        for (version, who), event in found.items():
            known.setdefault(self.value(version), {}).setdefault(who, []).append(event)
        return known

    def _read(self, log: Replica, stream: str, upto: int | None) -> None:
        """Read the secrets of an environment."""
        vault = Vault(stream)
        self.vaults[vault.environment] = vault
        for record, event in valid_events(log, log.of_stream(stream)):
            if upto is not None and record.position > upto:
                break
            if isinstance(event, RecipientAdded):
                self._names[vault.environment, event.recipient] = event.name
            if isinstance(event, SecretCompromised):
                marked = SecretVersion(vault.environment, event.key, event.version)
                self.marked.setdefault(marked, record.position)
            files, recipients = _age_files(event)
            for name, number, digest in files:
                version = SecretVersion(vault.environment, str(name), int(number))
                known = vault.versions.get(version.key, {}).get(version.version)
                actor = event.metadata["actor"]
                one = Encrypted(version, event.timestamp, record.position, actor, known is not None)
                self.began.setdefault(version, one)
                for recipient in recipients:
                    self._readable.setdefault((version, recipient), one)
                if known is None or digest not in known.digests:
                    self._handled.setdefault((version, actor), one)
            vault.apply(event)


def _age_files(event: Event) -> tuple[Iterable[CiphertextRef], Sequence[str]]:
    """Return key, version and digest of all that an event encrypted, and for whom."""
    match event:
        case SecretSet():
            return [[event.key, event.version, event.digest]], event.recipients
        case SecretsReEncrypted() | SecretsRestored():
            return event.secrets, event.recipients
        case _:
            return (), ()
