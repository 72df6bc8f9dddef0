"""What changed between two texts, by key. Values count, not how they are written."""

from __future__ import annotations

import tomllib
from typing import Any, NamedTuple

from tetra_es.toml.keys import format_key
from tetra_es.toml.literals import value_literal


class Change(NamedTuple):
    """One key's change. Values are TOML literals, None where the key does not exist."""

    path: str
    before: str | None
    after: str | None


def flatten(text: str) -> dict[str, str]:
    """Return key to literal of every value in a valid TOML text, in its order.

    The keys of tables in an array are `name[0].key`; an array of anything else, and an empty
    table, is a value of its own.
    """
    return flatten_values(tomllib.loads(text))


def flatten_values(values: dict[str, Any]) -> dict[str, str]:
    """Return the same of plain values. Order apart, equal ones have equal values."""
    found: dict[str, str] = {}
    _walk("", values, found)
    return found


def holds_values(text: str) -> bool:
    """Return whether there is any value in a valid TOML text; empty tables are none."""
    return _holds_values(tomllib.loads(text))


def changes_between(before: str | None, after: str | None) -> tuple[Change, ...]:
    """Return the changes by key, in the order of `after`, what was removed at the end.

    None stands for a text that does not exist.
    """
    old = {} if before is None else flatten(before)
    new = {} if after is None else flatten(after)
    changed = [
        Change(key, old.get(key), value) for key, value in new.items() if old.get(key) != value
    ]
    removed = [Change(key, value, None) for key, value in old.items() if key not in new]
    return (*changed, *removed)


def _holds_values(item: Any) -> bool:
    return not isinstance(item, dict) or any(map(_holds_values, item.values()))


def _walk(prefix: str, table: dict[str, Any], found: dict[str, str]) -> None:
    for key, value in table.items():
        name = prefix + format_key((key,))
        if isinstance(value, dict) and value:
            _walk(f"{name}.", value, found)
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for index, item in enumerate(value):
                _walk(f"{name}[{index}].", item, found)
        else:
            found[name] = value_literal(value)
