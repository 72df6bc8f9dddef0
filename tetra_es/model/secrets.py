"""The secrets of one environment: who can read them, which versions there are, which is present."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.errors import Refused, UsageError
from tetra_es.events.secrets import (
    SECRETS_STREAM,
    ForRecipients,
    RecipientAdded,
    RecipientRemoved,
    SecretCompromised,
    SecretPurged,
    SecretRemoved,
    SecretSet,
    SecretsReEncrypted,
    SecretsRestored,
)
from tetra_es.model.aggregate import Aggregate
from tetra_es.names import check_secret_name
from tetra_es.schema.near import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Self

    from tetra_es.events.base import Event
    from tetra_es.events.metadata import Context
    from tetra_es.events.secrets import CiphertextRef, NamedBy


def secrets_stream(environment: str) -> str:
    """Return the stream of an environment's secrets."""
    return SECRETS_STREAM + environment


class Version(NamedTuple):
    """One value that a key had."""

    digests: tuple[str, ...] = ()
    """Of its age files, the newest last: one more each time it was encrypted again."""
    recipients: tuple[str, ...] = ()
    """Whom the newest age file is encrypted for."""
    compromised: bool = False
    purged: bool = False
    source: SecretVersion | None = None
    """The version that has the same value, of which this is a copy, or which it brought back."""


class SecretVersion(NamedTuple):
    """Names one value of a secret."""

    environment: str
    key: str
    version: int


class Vault(Aggregate):
    """An environment's secrets, the aggregate of the stream `secrets:<environment>`."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.environment = stream.removeprefix(SECRETS_STREAM)
        self.recipients: dict[str, str] = {}
        """Name to age recipient."""
        self.versions: dict[str, dict[int, Version]] = {}
        self.present: dict[str, int] = {}
        """Key to the version that the environment has."""

    def copy(self) -> Self:
        """Return another one that changes by itself. Versions never change, so it is quick."""
        other = copy(self)
        vars(other).update(
            recipients=dict(self.recipients),
            versions={key: dict(versions) for key, versions in self.versions.items()},
            present=dict(self.present),
            _pending=list(self.pending),
        )
        return other

    @property
    def readers(self) -> list[str]:
        """Whom a value is encrypted for, sorted."""
        return sorted(self.recipients.values())

    def ciphertexts(self) -> list[tuple[str, int, str]]:
        """Return key, version and digest of every present secret, by key."""
        return [
            (key, number, self.versions[key][number].digests[-1])
            for key, number in sorted(self.present.items())
        ]

    def newest(self, key: str) -> int:
        """Return the highest version that a key ever had, 0 for none."""
        return max(self.versions.get(key, {}), default=0)

    def version_of(self, key: str, number: int) -> Version:
        """Return a version. Raises `UsageError` where there is none."""
        found = self.versions.get(key, {}).get(number)
        if found is None:
            newest = self.newest(key)
            versions = "version 1 only" if newest == 1 else f"the versions 1 to {newest}"
            raise UsageError(
                f"{self.environment} has no version {number} of {key}",
                hint=f"{key} has {versions}" if newest else self._lists(key),
            )
        return found

    def check_present(self, key: str) -> int:
        """Return the present version of a key. Raises `UsageError` where there is none."""
        if key not in self.present:
            raise UsageError(f"{self.environment} has no secret {key}", hint=self._lists(key))
        return self.present[key]

    def _lists(self, key: str) -> str:
        """Return a hint for a key that is not there."""
        lists = f"`tetra-es secret list {self.environment}` lists the secrets"
        return f"{did_you_mean(key, self.present)}{lists}"

    def check_readable(self) -> None:
        """Raise `Refused` where nobody could read what is about to be encrypted."""
        if not self.recipients:
            raise Refused(
                f"{self.environment} has no recipients: nobody could read its secrets",
                hint=f"`tetra-es recipient add {self.environment} NAME RECIPIENT` adds one",
            )

    def set(
        self,
        key: str,
        digest: str,
        context: Context,
        *,
        origin: SecretVersion | None = None,
        restores: int | None = None,
    ) -> SecretSet:
        """Record a new value, encrypted for `readers`, whose age file has this digest.

        `origin` is the value in another environment that it is a copy of, `restores` the version
        whose value it brings back.
        """
        self.check_readable()
        return self._decide(
            SecretSet,
            context,
            environment=self.environment,
            key=check_secret_name(key),
            version=self.newest(key) + 1,
            digest=digest,
            recipients=self.readers,
            origin=origin and origin._asdict(),
            restores=restores,
        )

    def remove(self, key: str, context: Context) -> SecretRemoved:
        """Record that the environment no longer has a secret."""
        version = self.check_present(key)
        return self._decide(
            SecretRemoved, context, environment=self.environment, key=key, version=version
        )

    def add_recipient(self, name: str, recipient: str, context: Context) -> RecipientAdded:
        """Record a new recipient; `re_encrypt` goes with it where there are secrets."""
        if name in self.recipients:
            raise Refused(
                f"{self.environment} has a recipient {name} already",
                hint="remove the old one first, or use a new name",
            )
        for other, known in self.recipients.items():
            if known == recipient:
                raise Refused(
                    f"this key is that of recipient {other} of {self.environment} already"
                )
        return self._decide(
            RecipientAdded,
            context,
            environment=self.environment,
            name=name,
            recipient=recipient,
            recipients={**self.recipients, name: recipient},
        )

    def remove_recipient(
        self, name: str, context: Context, *, another_follows: bool = False
    ) -> RecipientRemoved:
        """Record that a recipient is none any more; `re_encrypt` goes with it.

        The last one stays where there are secrets, unless `another_follows`.
        """
        if name not in self.recipients:
            raise UsageError(
                f"{self.environment} has no recipient {name}",
                hint=f"the recipients are {', '.join(sorted(self.recipients)) or 'none'}",
            )
        if len(self.recipients) == 1 and self.present and not another_follows:
            raise Refused(
                f"{name} is the last recipient of {self.environment}: "
                "nobody could read its secrets any more",
                hint="add another recipient first, or remove the secrets",
            )
        return self._decide(
            RecipientRemoved,
            context,
            environment=self.environment,
            name=name,
            recipient=self.recipients[name],
            recipients={other: key for other, key in self.recipients.items() if other != name},
        )

    def re_encrypt(self, digests: Mapping[str, str], context: Context) -> SecretsReEncrypted | None:
        """Record new age files of all present values, by key; None where there are none."""
        if set(digests) != set(self.present):
            raise ValueError(
                "all present secrets are re-encrypted at once, or some would stay readable"
            )
        if not digests:
            return None
        return self._decide(
            SecretsReEncrypted,
            context,
            environment=self.environment,
            secrets=[[key, self.present[key], digest] for key, digest in sorted(digests.items())],
            recipients=self.readers,
        )

    def restore_to(
        self,
        position: int,
        secrets: Sequence[tuple[str, int, str]],
        kept_out: Sequence[tuple[str, int, str]],
        context: Context,
    ) -> SecretsRestored | None:
        """Record that the secrets of a position came back, None when they are the present ones."""
        for key, number, _ in secrets:
            if self.present.get(key) == number:
                continue  # it stays, compromised or not: a rollback is not what takes it away
            if self.version_of(key, number).compromised or self.version_of(key, number).purged:
                raise Refused(f"version {number} of {key} is compromised or purged")
        if sorted(secrets) == self.ciphertexts() and not kept_out:
            return None
        return self._decide(
            SecretsRestored,
            context,
            environment=self.environment,
            to_position=position,
            secrets=[list(each) for each in sorted(secrets)],
            removed=sorted(set(self.present) - {key for key, _, _ in secrets}),
            recipients=self.readers,
            kept_out=[list(each) for each in sorted(kept_out)],
        )

    def mark_compromised(self, key: str, number: int, context: Context) -> SecretCompromised:
        """Record that others know a version."""
        if self.version_of(key, number).compromised:
            raise Refused(f"version {number} of {key} is marked as compromised already")
        return self._decide(
            SecretCompromised, context, environment=self.environment, key=key, version=number
        )

    def purge(
        self, key: str, number: int, context: Context, named_by: list[NamedBy]
    ) -> SecretPurged:
        """Record that the age files of a version are destroyed; not those of a present one.

        `named_by` has the events that need one of them.
        """
        version = self.version_of(key, number)
        if version.purged:
            raise Refused(f"version {number} of {key} is purged already")
        if self.present.get(key) == number:
            raise Refused(
                f"version {number} of {key} is the present one",
                hint="set a new value or remove the secret first",
            )
        return self._decide(
            SecretPurged,
            context,
            environment=self.environment,
            key=key,
            version=number,
            digests=list(version.digests),
            named_by=named_by,
        )

    def problem_of(self, event: Event) -> str | None:
        """Return why an event that was signed is none that this vault could have decided on."""
        if not self._follows(event):
            return f"{event.TOPIC} does not follow from the secrets before it"
        if isinstance(event, ForRecipients) and event.recipients != self.readers:
            return "it is encrypted for others than the recipients"
        return None

    def _follows(self, event: Event) -> bool:
        match event:
            case RecipientAdded():
                return event.recipients == {**self.recipients, event.name: event.recipient}
            case RecipientRemoved():
                others = {name: key for name, key in self.recipients.items() if name != event.name}
                return event.recipients == others != self.recipients
            case SecretSet():
                return event.version == self.newest(event.key) + 1
            case SecretRemoved():
                return self.present.get(event.key) == event.version
            case SecretsReEncrypted():
                return {str(key): number for key, number, _ in event.secrets} == self.present
            case SecretsRestored():
                return all(self._has(key, number) for key, number, _ in event.secrets)
        return self._is_about_a_version(event)

    def _is_about_a_version(self, event: Event) -> bool:
        match event:
            case SecretCompromised():
                return self._has(event.key, event.version)
            case SecretPurged():
                known = self.versions.get(event.key, {}).get(event.version, Version())
                return tuple(event.digests) == known.digests != ()
        return False

    def _has(self, key: str | int, number: str | int) -> bool:
        return int(number) in self.versions.get(str(key), {})

    def apply(self, event: Event) -> None:
        """Change the state as `event` says."""
        super().apply(event)
        match event:
            case RecipientAdded() | RecipientRemoved():
                self.recipients = dict(event.recipients)
            case SecretSet():
                self._take([[event.key, event.version, event.digest]], event.recipients)
                version = self.versions[event.key][event.version]
                source = self._source(event)
                self.versions[event.key][event.version] = version._replace(source=source)
            case SecretRemoved():
                del self.present[event.key]
            case SecretsReEncrypted():
                self._take(event.secrets, event.recipients)
            case SecretsRestored():
                self.present.clear()
                self._take(event.secrets, event.recipients)
            case SecretCompromised():
                marked = self.versions[event.key][event.version]._replace(compromised=True)
                self.versions[event.key][event.version] = marked
            case SecretPurged():
                marked = self.versions[event.key][event.version]._replace(purged=True)
                self.versions[event.key][event.version] = marked

    def _source(self, event: SecretSet) -> SecretVersion | None:
        if event.restores is not None:
            return SecretVersion(self.environment, event.key, event.restores)
        if event.origin is None:
            return None
        origin = event.origin
        return SecretVersion(str(origin["environment"]), str(origin["key"]), int(origin["version"]))

    def _take(self, secrets: Iterable[CiphertextRef], recipients: list[str]) -> None:
        readers = tuple(recipients)
        for key, number, digest in secrets:
            name, count = str(key), int(number)
            versions = self.versions.setdefault(name, {})
            version = versions.get(count, Version())
            digests = version.digests
            if str(digest) not in digests:
                digests = (*digests, str(digest))
            versions[count] = version._replace(digests=digests, recipients=readers)
            self.present[name] = count

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON types."""
        return {
            "recipients": dict(self.recipients),
            "versions": {
                key: {
                    str(number): {
                        "digests": list(version.digests),
                        "recipients": list(version.recipients),
                        "compromised": version.compromised,
                        "purged": version.purged,
                        "source": version.source and list(version.source),
                    }
                    for number, version in versions.items()
                }
                for key, versions in self.versions.items()
            },
            "present": dict(self.present),
        }

    def restore(self, version: int, state: dict[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
        self._version = version
        self.recipients = dict(state["recipients"])
        self.versions = {
            key: {
                int(number): Version(
                    tuple(fields["digests"]),
                    tuple(fields["recipients"]),
                    fields["compromised"],
                    fields["purged"],
                    SecretVersion(*fields["source"]) if fields["source"] else None,
                )
                for number, fields in versions.items()
            }
            for key, versions in state["versions"].items()
        }
        self.present = dict(state["present"])
