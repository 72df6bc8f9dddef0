"""Rows of the views, as queries return them."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from typing import NamedTuple


class EventRow(NamedTuple):
    """One line of the history."""

    event: int
    """Position."""
    environment: str | None
    revision: int | None
    type: str
    """Topic."""
    actor: str
    time: str
    reason: str
    hash: str
    summary: str


class KeyEventRow(NamedTuple):
    """The same of an event that changed a key, with what it changed there."""

    event: int
    environment: str | None
    revision: int | None
    type: str
    actor: str
    time: str
    reason: str
    hash: str
    summary: str
    before: str | None
    """The value as a TOML literal, None where there was none."""
    after: str | None


class StateRow(NamedTuple):
    """One state of an environment."""

    environment: str
    revision: int
    position: int
    time: str
    digest: str
    source_revision: int | None


class BlameRow(NamedTuple):
    """Where the present value of a key comes from."""

    key: str
    value: str
    revision: int | None
    event: int
    actor: str
    time: str
    reason: str


class ChangeRow(NamedTuple):
    """One change of one key."""

    event: int
    key: str
    before: str | None
    after: str | None


class HostRow(NamedTuple):
    """What runs on a host, and how its newest deployment ended."""

    environment: str
    host: str
    serving: int | None
    """Revision that was kept last, None for none."""
    since: str | None
    event: int
    deployment: str
    revision: int
    outcome: str
    """`under way`, `serving`, `failed`, `reverting` or `reverted`."""
