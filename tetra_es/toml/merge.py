"""Merging two changes of one document by key: what a merge of their texts has to come to.

A key is the whole path of a plain value. An array is one value, one of tables too: merging inside
one would put a key into another element than it was typed in. An empty table is a value of its own,
until something is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath

Leaves: TypeAlias = "dict[KeyPath, str]"
"""Key to literal of every value."""

Side: TypeAlias = Literal["mine", "theirs"]
"""One of two changes of the same document."""

_EMPTY = "{}"
_TABLE = "a table"


class Conflict(NamedTuple):
    """A key that both changes give another value. Literals, None where it is not there."""

    path: KeyPath
    base: str | None
    mine: str | None
    theirs: str | None


class Merged(NamedTuple):
    """What comes of two changes."""

    leaves: Leaves
    """Where there are conflicts, those keys have the value of the preferred side."""
    conflicts: list[Conflict]


def leaves_of(document: ConfigDocument | None) -> Leaves:
    """Return the values of a document by key, none for one that does not exist."""
    found: Leaves = {}
    if document is not None:
        _walk((), document.values, found)
    return found


def merge_leaves(
    base: Mapping[KeyPath, str],
    mine: Mapping[KeyPath, str],
    theirs: Mapping[KeyPath, str],
    prefer: Side = "theirs",
) -> Merged:
    """Return what two changes of `base` come to, key by key."""
    found: Leaves = {}
    conflicts: list[Conflict] = []
    for path in {**theirs, **mine, **base}:
        before, ours, other = base.get(path), mine.get(path), theirs.get(path)
        value = other if ours == before else ours
        if before != other != ours != before:
            conflicts.append(Conflict(path, before, ours, other))
            value = ours if prefer == "mine" else other
        if value is not None:
            found[path] = value
    conflicts += _settle_tables(found, base, mine, theirs, prefer)
    return Merged(found, conflicts)


def _settle_tables(
    found: Leaves,
    base: Mapping[KeyPath, str],
    mine: Mapping[KeyPath, str],
    theirs: Mapping[KeyPath, str],
    prefer: Side,
) -> list[Conflict]:
    """Have no key be a value and a table: one side has made it that, the other has changed it."""
    conflicts = []
    above = {path[:length] for path in found for length in range(1, len(path))}
    for path in sorted(above & found.keys()):
        if found.get(path, _EMPTY) == _EMPTY:
            found.pop(path, None)
            continue
        sides = (_shown(side, path) for side in (base, mine, theirs))
        conflicts.append(Conflict(path, *sides))
        if path in (mine if prefer == "mine" else theirs):
            for each in [each for each in found if each[: len(path)] == path != each]:
                del found[each]
        else:
            del found[path]
    return conflicts


def _shown(side: Mapping[KeyPath, str], path: KeyPath) -> str | None:
    if path in side:
        return side[path]
    return _TABLE if any(each[: len(path)] == path for each in side) else None


def _walk(prefix: KeyPath, table: Mapping[str, Any], found: Leaves) -> None:
    for key, value in table.items():
        path = (*prefix, key)
        if isinstance(value, dict) and value:
            _walk(path, value, found)
        else:
            found[path] = value_literal(value)
