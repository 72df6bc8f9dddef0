"""What every kind of event has, and how it becomes a stored state and an event again."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, TypeAlias, dataclass_transform

KeyChange: TypeAlias = list[str | None]
"""`[path, before, after]` of one key, values as TOML literals, null where it did not exist."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Fields:
    """Fields that are given by name, all of them, and never change: a frozen dataclass in effect.

    The methods are here, once. `dataclasses` would write and compile them for each class, which
    took a command longer than all that it does with events.
    """

    FIELDS: ClassVar[dict[str, str]] = {}
    """Name to annotation of each field, those of the classes above first."""

    def __init_subclass__(cls) -> None:
        own = cls.__annotations__.items()
        more = {name: type_ for name, type_ in own if not type_.startswith("ClassVar")}
        cls.FIELDS = {**cls.FIELDS, **more}

    def __init__(self, **values: Any) -> None:
        if values.keys() != self.FIELDS.keys():
            missing = [f"no {name}" for name in self.FIELDS if name not in values]
            unknown = [f"an unknown {name}" for name in values if name not in self.FIELDS]
            raise TypeError(f"{type(self).__name__} with {', '.join(missing + unknown)}")
        vars(self).update(values)

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # fields may be lists

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.FIELDS)
        return f"{type(self).__name__}({fields})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} never changes: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} never changes: {name}")


class Event(Fields):
    """What every event has."""

    TOPIC: ClassVar[str]
    class_version: ClassVar[int] = 1

    originator_id: str
    """The stream, such as `env:dev`."""
    originator_version: int
    """Number of the event in its stream, from 1."""
    timestamp: str
    """When it happened: RFC 3339, UTC, microseconds, such as `2026-11-22T10:05:00.000000Z`."""
    metadata: dict[str, Any]
    """actor, reason, correlation, tool and format; from rules 1 on `rules` and `batch` too."""


class OfEnvironment:
    """Base of the events that concern one environment."""

    environment: str
    """Its name."""


class OfRevision:
    """Base of the events that made a revision, or are about one."""

    revision: int
    """Its number."""


class WithChanges:
    """Base of the events that say what they changed by key."""

    text: str
    """The TOML that the file has afterwards."""
    changes: list[KeyChange]
    """By key, in order."""


def environment_of(event: Event) -> str | None:
    """Return the environment that an event concerns, None for the organization's events."""
    return event.environment if isinstance(event, OfEnvironment) else None


def revision_of(event: Event) -> int | None:
    """Return the revision that an event made or is about, None where there is none."""
    return event.revision if isinstance(event, OfRevision) else None


def changes_of(event: Event) -> list[KeyChange]:
    """Return what an event changed by key; nothing for events that have no such list."""
    return event.changes if isinstance(event, WithChanges) else []


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


def give(state: dict[str, Any], **fields: Any) -> None:
    """Give fields to a state that was written before there were any such.

    Raises `TypeError` where it has one of them.
    """
    if known := fields.keys() & state.keys():
        raise TypeError(f"with an unknown {min(known)}")
    state.update(fields)
