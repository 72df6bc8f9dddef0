"""Every kind of event that the store can hold.

An event is a frozen dataclass of JSON types. `TOPIC` is its name for ever: it is stored, hashed
and signed, and renaming the class or its module changes nothing. `class_version` grows when a
field is added; `upcast_v1_v2(state)` then gives the field to states written before, in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

ORG_STREAM = "org"
"""Stream of the organization: one a store."""

ENVIRONMENT_STREAM = "env:"
"""Prefix of the streams of environments, such as `env:dev`."""

KeyChange: TypeAlias = list[str | None]
"""`[path, before, after]` of one key, values as TOML literals, null where it did not exist."""


@dataclass(frozen=True)
class Event:
    """What every event has."""

    TOPIC: ClassVar[str]
    class_version: ClassVar[int] = 1

    originator_id: str
    """The stream, such as `env:dev`."""
    originator_version: int
    """Number of the event in its stream, from 1."""
    timestamp: str
    """When it happened: RFC 3339, UTC, microseconds, such as `2026-11-22T10:05:00.000000Z`."""
    metadata: dict[str, str]
    """actor, reason, correlation, tool and format; see `domain.metadata`."""


@dataclass(frozen=True)
class OrganizationCreated(Event):
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


@dataclass(frozen=True)
class ManifestEdited(Event):
    """`manifest.toml` was changed."""

    TOPIC: ClassVar[str] = "manifest.edited"

    revision: int
    text: str
    changes: list[KeyChange]


@dataclass(frozen=True)
class ProfileEdited(Event):
    """The organization's overlay for an environment's profile was changed."""

    TOPIC: ClassVar[str] = "profile.edited"

    environment: str
    revision: int
    text: str
    changes: list[KeyChange]


@dataclass(frozen=True)
class SignerAdded(Event):
    """From the next event on, this key may sign."""

    TOPIC: ClassVar[str] = "signer.added"

    signer: str
    key: str


@dataclass(frozen=True)
class SignerRemoved(Event):
    """From the next event on, this key no longer signs."""

    TOPIC: ClassVar[str] = "signer.removed"

    signer: str
    key: str


@dataclass(frozen=True)
class EnvironmentState(Event):
    """Base of the events that give an environment a new state, its next revision."""

    environment: str
    revision: int
    text: str
    """The whole resulting TOML."""
    digest: str
    """SHA-256 of `text` in UTF-8, hexadecimal."""
    changes: list[KeyChange]
    """Against the revision before, by key."""


@dataclass(frozen=True)
class EnvironmentCreated(EnvironmentState):
    """The source of truth exists, from the template or from a file that was there."""

    TOPIC: ClassVar[str] = "environment.created"


@dataclass(frozen=True)
class EnvironmentEdited(EnvironmentState):
    """The source of truth was changed, by `set`, `unset` or an editor."""

    TOPIC: ClassVar[str] = "environment.edited"


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class EnvironmentRolledBack(EnvironmentState):
    """The environment was given the state of an earlier revision again."""

    TOPIC: ClassVar[str] = "environment.rolled_back"

    to_revision: int
    to_position: int
    """Position of the event whose state came back."""
    source_revision: int | None
    """Source revision of the state that came back, null where it had none."""


@dataclass(frozen=True)
class EnvironmentImported(EnvironmentState):
    """A state from before tetra-es, with the time it had there."""

    TOPIC: ClassVar[str] = "environment.imported"

    origin: str
    """Name of the file that it came from."""
    kind: str
    """`backup`, `pre_rollback` or `current`."""


EVENT_TYPES: dict[str, type[Event]] = {
    cls.TOPIC: cls
    for cls in (
        OrganizationCreated,
        ManifestEdited,
        ProfileEdited,
        SignerAdded,
        SignerRemoved,
        EnvironmentCreated,
        EnvironmentEdited,
        EnvironmentPromoted,
        EnvironmentRolledBack,
        EnvironmentImported,
    )
}
"""Topic to class, in the order of the catalogue."""


def state_of(event: Event) -> dict[str, Any]:
    """Return what is stored of `event`: every field but the stream and version."""
    state = dict(vars(event))
    del state["originator_id"], state["originator_version"]
    if event.class_version > 1:
        state["class_version"] = event.class_version
    return state


def event_from_state(cls: type[Event], stream: str, version: int, state: dict[str, Any]) -> Event:
    """Return the event that `state` was stored for, brought up to today's `class_version`.

    `state` is used up. Raises `TypeError` when a field is missing or unknown, `ValueError` when
    it was written by a newer version of the class.
    """
    written_as = state.pop("class_version", 1)
    if written_as not in range(1, cls.class_version + 1):
        raise ValueError(f"{cls.TOPIC} of version {written_as!r} is newer than this tetra-es")
    for step in range(written_as, cls.class_version):
        getattr(cls, f"upcast_v{step}_v{step + 1}")(state)
    return cls(originator_id=stream, originator_version=version, **state)
