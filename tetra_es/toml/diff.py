"""What changed between two documents, by key. Values count, not how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tetra_es.toml.document import ConfigDocument


class Change(NamedTuple):
    """One key's change. Values are TOML literals, None where the key does not exist."""

    path: str
    before: str | None
    after: str | None


def changes_between(
    before: ConfigDocument | None, after: ConfigDocument | None
) -> tuple[Change, ...]:
    """Return the changes by key, in the order of `after`, what was removed at the end.

    None stands for a document that does not exist.
    """
    old = {} if before is None else before.keys
    new = {} if after is None else after.keys
    changed = [
        Change(key, old.get(key), value) for key, value in new.items() if old.get(key) != value
    ]
    removed = [Change(key, value, None) for key, value in old.items() if key not in new]
    return (*changed, *removed)
