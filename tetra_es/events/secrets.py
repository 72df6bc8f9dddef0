"""The events of an environment's secrets, in the stream `secrets:<environment>`.

No value and no hash of a value is in them: a digest is that of the ciphertext, whose bytes lie
in the content-addressed table beside the events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from tetra_es.events.base import Event, OfEnvironment, give

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRETS_STREAM = "secrets:"
"""Prefix of the streams of secrets, such as `secrets:dev`."""

CiphertextRef: TypeAlias = list[str | int]
"""`[key, version, digest]`: which value, and the SHA-256 of its age file, hexadecimal."""


NamedBy: TypeAlias = dict[str, str | int]
"""`position` of an event that names a body, and the `verdict` of the gate: `valid` or `void`."""


class SecretsEvent(Event, OfEnvironment):
    """What every event of a secret has."""

    environment: str
    """Whose secrets."""


class ForRecipients:
    """Base of the events that have new age files."""

    recipients: list[str]
    """Whom they are encrypted for."""


class RecipientAdded(SecretsEvent):
    """From now on, secrets of the environment are encrypted for this recipient too."""

    TOPIC: ClassVar[str] = "recipient.added"

    name: str
    """What the recipient is called here."""
    recipient: str
    """An age recipient: `age1…`, `ssh-ed25519 …` or `ssh-rsa …`."""
    recipients: dict[str, str]
    """Name to recipient of all that there are now."""


class RecipientRemoved(SecretsEvent):
    """From now on, secrets of the environment are no longer encrypted for this recipient."""

    TOPIC: ClassVar[str] = "recipient.removed"

    name: str
    """What the recipient is called here."""
    recipient: str
    """An age recipient, as when it was added."""
    recipients: dict[str, str]
    """Name to recipient of all that there are now."""


Origin: TypeAlias = dict[str, str | int]
"""`environment`, `key` and `version` of the value that another one is a copy of."""


class SecretSet(SecretsEvent, ForRecipients):
    """A secret has a new value."""

    TOPIC: ClassVar[str] = "secret.set"
    class_version: ClassVar[int] = 2

    key: str
    """Name of the secret."""
    version: int
    """Number of the value among all that the key ever had, from 1."""
    digest: str
    """SHA-256 of the age file, hexadecimal."""
    recipients: list[str]
    """Whom the age file is encrypted for."""
    origin: Origin | None
    """What the value was copied from, None for one that came from outside."""
    restores: int | None
    """The version of this key whose value came back, None for a new one."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """The first edition did not say where a value came from."""
        give(state, origin=None, restores=None)


class SecretRemoved(SecretsEvent):
    """The environment no longer has this secret; its versions stay in the history."""

    TOPIC: ClassVar[str] = "secret.removed"

    key: str
    """Name of the secret."""
    version: int
    """The one that was present."""


class SecretsReEncrypted(SecretsEvent, ForRecipients):
    """The present values were encrypted again, for other recipients."""

    TOPIC: ClassVar[str] = "secrets.resealed"

    secrets: list[CiphertextRef]
    """All that the environment has."""
    recipients: list[str]
    """Whom the new age files are encrypted for."""


class SecretsRestored(SecretsEvent, ForRecipients):
    """A rollback gave the environment the secrets of an earlier position again."""

    TOPIC: ClassVar[str] = "secrets.restored"

    to_position: int
    """Whose secrets came back."""
    secrets: list[CiphertextRef]
    """All secrets that the environment has now."""
    removed: list[str]
    """Keys that it had and has no longer."""
    recipients: list[str]
    """Whom the age files are encrypted for."""
    kept_out: list[CiphertextRef]
    """Versions of then that are compromised or purged and did not come back."""


class SecretCompromised(SecretsEvent):
    """A version is known to others: it is never brought back."""

    TOPIC: ClassVar[str] = "secret.compromised"

    key: str
    """Name of the secret."""
    version: int
    """The one that is known."""


class SecretPurged(SecretsEvent):
    """The ciphertexts of a version were destroyed; only this event tells of them."""

    TOPIC: ClassVar[str] = "secret.purged"
    class_version: ClassVar[int] = 2

    key: str
    """Name of the secret."""
    version: int
    """The one that was destroyed."""
    digests: list[str]
    """Of the age files that it had."""
    named_by: list[NamedBy]
    """The events that need one of them; none in events of the first edition."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """The first edition did not list them."""
        give(state, named_by=[])


class BodiesPurged(Event):
    """Texts and changes that held a secret were destroyed; the events stay."""

    TOPIC: ClassVar[str] = "bodies.purged"

    digests: list[str]
    """SHA-256 of the bodies, hexadecimal."""
    named_by: list[NamedBy]
    """The events that need one of them."""


SECRET_EVENTS: tuple[type[Event], ...] = (
    RecipientAdded,
    RecipientRemoved,
    SecretSet,
    SecretRemoved,
    SecretsReEncrypted,
    SecretsRestored,
    SecretCompromised,
    SecretPurged,
)
"""Those of the streams of secrets."""


def secret_names(event: SecretsEvent) -> Sequence[str]:
    """Return the secrets that an event says the environment has or had: names of files."""
    match event:
        case SecretSet() | SecretRemoved() | SecretCompromised() | SecretPurged():
            return (event.key,)
        case SecretsReEncrypted():
            return [str(key) for key, _, _ in event.secrets]
        case SecretsRestored():
            return [*(str(key) for key, _, _ in event.secrets), *event.removed]
        case _:
            return ()


def age_files(event: SecretsEvent) -> Sequence[str]:
    """Return the digests of the age files that an event stored or destroyed."""
    match event:
        case SecretSet():
            return (event.digest,)
        case SecretsReEncrypted() | SecretsRestored():
            return [str(digest) for _, _, digest in event.secrets]
        case SecretPurged():
            return event.digests
        case _:
            return ()
