"""The events of the organization and of its environments."""

from __future__ import annotations

from typing import Any, ClassVar

from tetra_es.events.base import Event, KeyChange, OfEnvironment, OfRevision, WithChanges, give

ORG_STREAM = "org"
"""Stream of the organization: one a store."""

ENVIRONMENT_STREAM = "env:"
"""Prefix of the streams of environments, such as `env:dev`."""


class MayUndo:
    """Base of the edits that can take back another event's changes."""

    undoes: int | None
    """Position of that event."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """The first edition had no undo."""
        give(state, undoes=None)


class MayRestore(MayUndo):
    """Base of the edits that can bring back an older text of their file."""

    restores: int | None
    """Revision of that text."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """The first edition had neither."""
        give(state, undoes=None, restores=None)


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


class OrganizationUpgraded(Event):
    """From the next event on, events of lower rules are void."""

    TOPIC: ClassVar[str] = "organization.upgraded"

    floor: int
    """Number of the rule set that is the least."""


class LogMoved(Event):
    """The log goes on elsewhere: this is the last event where it was."""

    TOPIC: ClassVar[str] = "log.moved"

    address: str
    """Where it goes on, without passwords."""
    before: str | None
    """Where it was; None where it was on one machine alone."""


class ManifestEdited(MayRestore, Event, OfRevision, WithChanges):
    """`manifest.toml` was changed."""

    TOPIC: ClassVar[str] = "manifest.edited"
    class_version: ClassVar[int] = 2

    revision: int
    text: str
    changes: list[KeyChange]
    undoes: int | None
    """Position of the event whose changes this one takes back, null for none."""
    restores: int | None
    """Revision whose text this one brings back, null for none."""


class ProfileEdited(MayRestore, Event, OfEnvironment, OfRevision, WithChanges):
    """The organization's overlay for an environment's profile was changed."""

    TOPIC: ClassVar[str] = "profile.edited"
    class_version: ClassVar[int] = 2

    environment: str
    revision: int
    text: str
    changes: list[KeyChange]
    undoes: int | None
    """Position of the event whose changes this one takes back, null for none."""
    restores: int | None
    """Revision whose text this one brings back, null for none."""


class SignerAdded(Event):
    """From the next event on, this key may sign."""

    TOPIC: ClassVar[str] = "signer.added"
    class_version: ClassVar[int] = 2

    signer: str
    key: str
    may: list[str] | None
    """Its limits, such as `promote:dev`; null for none."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Signers of the first edition have no limits."""
        give(state, may=None)


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


class EnvironmentEdited(MayUndo, EnvironmentState):
    """The source of truth was changed, by `set`, `unset` or an editor."""

    TOPIC: ClassVar[str] = "environment.edited"
    class_version: ClassVar[int] = 2

    undoes: int | None
    """Position of the event whose changes this one takes back, null for none."""


class EnvironmentPromoted(EnvironmentState):
    """The environment was generated from a revision of the source of truth."""

    TOPIC: ClassVar[str] = "environment.promoted"
    class_version: ClassVar[int] = 2

    source_revision: int
    """Revision of `local` that it was generated from."""
    via: str
    """The environment whose source revision was taken (`--from`), or `local`."""
    profile: str
    """Name of the shipped profile."""
    shipped: str
    """SHA-256 of the shipped profile's rules as canonical JSON, hexadecimal; empty in events of the
    first edition."""
    rules: str
    """SHA-256 of the rules that were applied, as canonical JSON, hexadecimal."""
    generator: dict[str, str]
    """The versions that generated the text, by name."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """The first edition kept the digest of its rules alone, before values were filled in."""
        give(state, shipped="", rules=state.pop("profile_digest"), generator={})


class EnvironmentRolledBack(EnvironmentState):
    """The environment was given the state of an earlier revision again, or some keys of it."""

    TOPIC: ClassVar[str] = "environment.rolled_back"
    class_version: ClassVar[int] = 2

    to_revision: int
    to_position: int
    """Position of the event whose state came back."""
    source_revision: int | None
    """Source revision of the state that came back, null where it had none. Where keys alone came
    back, the one of the state before."""
    paths: list[str] | None
    """Dotted keys, the values below which came back; null for the whole text."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """The first edition brought back whole texts."""
        give(state, paths=None)


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
    OrganizationUpgraded,
    LogMoved,
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
