"""Which files an event changes, and to what: shared by the org's folder and the mirror's tree."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tetra_es.crypto.ssh.allowed import allowed_signers
from tetra_es.errors import IntegrityFailure, UsageError
from tetra_es.events import config, secrets
from tetra_es.layout import MANIFEST, environment_file, profile_file, recipients_file, secret_file
from tetra_es.log.replica import events_in
from tetra_es_projections.ciphertexts import ciphertext_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.events.base import Event
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica

ALLOWED_SIGNERS = "allowed_signers"

SIGNER_TOPICS = tuple(
    cls.TOPIC for cls in (config.OrganizationCreated, config.SignerAdded, config.SignerRemoved)
)


TOMBSTONE = b"""\
This version of the secret was purged: its ciphertext no longer exists.
The event of the kind secret.purged tells when, by whom and why.
"""
"""What stands in the mirror where a purged age file was."""


def _no_ciphertext(_: str) -> bytes | None:
    return None


class TreeProjector:
    """The projected files while events are applied, one after the other."""

    def __init__(
        self,
        load_signers: Callable[[], dict[str, str]] = dict,
        ciphertext: Callable[[str], bytes | None] = _no_ciphertext,
        events: Replica | None = None,
    ) -> None:
        """Begin with the signers that `load_signers` returns.

        `ciphertext` returns the age file with a digest, None for one that was purged. Records are
        of `events`, or of the first edition.
        """
        self._load_signers = load_signers
        self._ciphertext = ciphertext
        self._events = events

    @cached_property
    def signers(self) -> dict[str, str]:
        """Name to public key line of those who may sign after the events applied so far.

        Looked up only when an event changes it: few do, and the look-up reads the whole store.
        """
        return self._load_signers()

    @classmethod
    def at(cls, log: Replica, position: int) -> TreeProjector:
        """Return the content as it is after the event at `position`."""

        def signers() -> dict[str, str]:
            earlier = cls()
            for event in events_in(log, log.of_topics(SIGNER_TOPICS, position)):
                earlier.apply(event)
            return earlier.signers

        return cls(signers, lambda digest: ciphertext_in(log, digest), log)

    def apply_record(self, record: Record) -> dict[str, bytes | None]:
        """Return what `apply` does, nothing for a void event.

        Raises `IntegrityFailure` that names the event.
        """
        if self._events and self._events.void(record.position):
            return {}
        try:
            return self.apply(self.event_of(record))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise IntegrityFailure(
                f"event #{record.position} ({record.topic}) makes no files: {error}",
                hint="run `tetra-es verify` to find out what was changed",
            ) from error

    def event_of(self, record: Record) -> Event:
        """Return the event of a record in memory."""
        return self._events.event(record) if self._events else record.event

    def apply(self, event: Event) -> dict[str, bytes | None]:
        """Return path to new bytes of the files that `event` changes, None for one that goes.

        Raises `ValueError` and the like for an event that tetra-es cannot have recorded.
        """
        try:
            return self._apply(event)
        except UsageError as error:  # a name that would lead out of the folder
            raise ValueError(error.message) from error

    def _apply(self, event: Event) -> dict[str, bytes | None]:
        match event:
            case config.EnvironmentState():
                return {environment_file(event.environment): event.text.encode()}
            case config.ProfileEdited():
                return {profile_file(event.environment): event.text.encode()}
            case config.ManifestEdited():
                return {MANIFEST: event.text.encode()}
            case config.OrganizationCreated():
                self.signers[event.signer] = event.key
                return {MANIFEST: event.text.encode(), **self._signers_file()}
            case config.SignerAdded():
                self.signers[event.signer] = event.key
                return self._signers_file()
            case config.SignerRemoved():
                del self.signers[event.signer]
                return self._signers_file()
            case secrets.SecretsEvent():
                return self._secrets(event)
            case _:
                return {}

    def _secrets(self, event: secrets.SecretsEvent) -> dict[str, bytes | None]:
        environment = event.environment
        match event:
            case secrets.SecretSet():
                return self._age_files(environment, [[event.key, event.version, event.digest]])
            case secrets.SecretsReEncrypted():
                return self._age_files(environment, event.secrets)
            case secrets.SecretsRestored():
                gone = {secret_file(environment, key): None for key in event.removed}
                return {**gone, **self._age_files(environment, event.secrets)}
            case secrets.SecretRemoved():
                return {secret_file(environment, event.key): None}
            case secrets.RecipientAdded() | secrets.RecipientRemoved():
                return {recipients_file(environment): _recipients_file(event.recipients)}
            case _:
                return {}

    def _age_files(
        self, environment: str, secrets: list[secrets.CiphertextRef]
    ) -> dict[str, bytes | None]:
        return {
            secret_file(environment, str(key)): self._ciphertext(str(digest)) or TOMBSTONE
            for key, _, digest in secrets
        }

    def _signers_file(self) -> dict[str, bytes | None]:
        return {ALLOWED_SIGNERS: allowed_signers(self.signers).encode()}


def _recipients_file(recipients: dict[str, str]) -> bytes:
    lines = (f"# {name}\n{recipient}\n" for name, recipient in sorted(recipients.items()))
    return "".join(lines).encode()
