"""The events of the organization and of its environments."""

from __future__ import annotations

from typing import ClassVar

from tetra_es.events.base import Event, KeyChange, OfEnvironment, OfRevision, WithChanges

ORG_STREAM = "org"
"""Stream of the organization: one a store."""

ENVIRONMENT_STREAM = "env:"
"""Prefix of the streams of environments, such as `env:dev`."""


class OrganizationCreated(Event, WithChanges):
    """The organization exists, with its manifest and its first signer."""

    TOPIC: ClassVar[str] = "organization.created"

    name: str
    text: str
    """The manifest's TOML."""
    changes: list[KeyChange]
    signer: str
    """Name of the first signer."""
    key: str
    """The signer's public key, as in an OpenSSH `.pub` file, without a comment."""


class ManifestEdited(Event, OfRevision, WithChanges):
    """`manifest.toml` was changed."""

    TOPIC: ClassVar[str] = "manifest.edited"

    revision: int
    text: str
    changes: list[KeyChange]


class ProfileEdited(Event, OfEnvironment, OfRevision, WithChanges):
    """The organization's overlay for an environment's profile was changed."""

    TOPIC: ClassVar[str] = "profile.edited"

    environment: str
    revision: int
    text: str
    changes: list[KeyChange]


class SignerAdded(Event):
    """From the next event on, this key may sign."""

    TOPIC: ClassVar[str] = "signer.added"

    signer: str
    key: str


class SignerRemoved(Event):
    """From the next event on, this key no longer signs."""

    TOPIC: ClassVar[str] = "signer.removed"

    signer: str
    key: str


class ScanExceptionAdded(Event):
    """What looks like a secret in TOML is a false positive: the scanner lets this key pass."""

    TOPIC: ClassVar[str] = "scan.exception_added"

    file: str
    """`local`, `manifest` or `profile ENV`."""
    key: str
    """Dotted key whose values pass from now on."""


class EnvironmentState(Event, OfEnvironment, OfRevision, WithChanges):
    """Base of the events that give an environment a new state, its next revision."""

    environment: str
    revision: int
    text: str
    """The whole resulting TOML."""
    digest: str
    """SHA-256 of `text` in UTF-8, hexadecimal."""
    changes: list[KeyChange]
    """Against the revision before, by key."""


class EnvironmentCreated(EnvironmentState):
    """The source of truth exists, from the template or from a file that was there."""

    TOPIC: ClassVar[str] = "environment.created"


class EnvironmentEdited(EnvironmentState):
    """The source of truth was changed, by `set`, `unset` or an editor."""

    TOPIC: ClassVar[str] = "environment.edited"


class EnvironmentPromoted(EnvironmentState):
    """The environment was generated from a revision of the source of truth."""

    TOPIC: ClassVar[str] = "environment.promoted"

    source_revision: int
    """Revision of `local` that it was generated from."""
    via: str
    """The environment whose source revision was taken (`--from`), or `local`."""
    profile: str
    profile_digest: str
    """SHA-256 of the effective profile's rules as canonical JSON, hexadecimal."""


class EnvironmentRolledBack(EnvironmentState):
    """The environment was given the state of an earlier revision again."""

    TOPIC: ClassVar[str] = "environment.rolled_back"

    to_revision: int
    to_position: int
    """Position of the event whose state came back."""
    source_revision: int | None
    """Source revision of the state that came back, null where it had none."""


class EnvironmentImported(EnvironmentState):
    """A state from before tetra-es, with the time it had there."""

    TOPIC: ClassVar[str] = "environment.imported"

    origin: str
    """Name of the file that it came from."""
    kind: str
    """`backup`, `pre_rollback` or `current`."""


def source_revision_of(event: EnvironmentState) -> int | None:
    """Return the revision of the source of truth that a state was generated from, None for none."""
    if isinstance(event, (EnvironmentPromoted, EnvironmentRolledBack)):
        return event.source_revision
    return None


CONFIG_EVENTS: tuple[type[Event], ...] = (
    OrganizationCreated,
    ManifestEdited,
    ProfileEdited,
    SignerAdded,
    SignerRemoved,
    ScanExceptionAdded,
    EnvironmentCreated,
    EnvironmentEdited,
    EnvironmentPromoted,
    EnvironmentRolledBack,
    EnvironmentImported,
)
