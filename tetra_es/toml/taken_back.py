"""What a text has to hold where changes are taken back by key; how it is written does not count.

Keys are whole keys, as changes are recorded. Empty tables are left out: whether a table without
keys stays is a matter of layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Keys = Mapping[str, str]
    """Whole key to literal of every value."""

_EMPTY = "{}"


def same_keys(one: Keys, other: Keys) -> bool:
    """Return whether two texts hold the same, empty tables aside."""
    return _plain(one) == _plain(other)


def without_changes(present: Keys, before: Keys, after: Keys) -> dict[str, str]:
    """Return what is present where what changed between two older texts is as it was before."""
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    kept = {key: value for key, value in present.items() if key not in changed}
    return kept | {key: value for key, value in before.items() if key in changed}


def with_paths(present: Keys, target: Keys, paths: Sequence[str]) -> dict[str, str]:
    """Return what is present where the keys at some paths, and below them, are as in a target."""
    kept = {key: value for key, value in present.items() if not is_at(key, paths)}
    return kept | {key: value for key, value in target.items() if is_at(key, paths)}


def is_at(key: str, paths: Sequence[str]) -> bool:
    """Return whether a whole key is one of the paths, or below one."""
    return any(key == path or key.startswith((f"{path}.", f"{path}[")) for path in paths)


def _plain(keys: Keys) -> dict[str, str]:
    return {key: value for key, value in keys.items() if value != _EMPTY}
