"""Values by their whole keys, as changes are recorded and texts are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.toml.keys import format_part
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Mapping


def flatten_values(values: Mapping[str, Any]) -> dict[str, str]:
    """Return key to literal of every plain value, in order. Equal ones have equal literals.

    The keys of tables in an array are `name[0].key`; an array of anything else, and an empty
    table, is a value of its own.
    """
    found: dict[str, str] = {}
    _walk("", values, found)
    return found


def same_values(one: object, other: object) -> bool:
    """Return whether two plain values flatten to the same, the order of keys apart."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            same_values(value, other[key]) for key, value in one.items()
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_values, one, other))
    if isinstance(one, (str, int)):
        return one == other
    return value_literal(one) == value_literal(other)


def holds_values(values: Mapping[str, Any]) -> bool:
    """Return whether there is any value; empty tables do not count."""
    return any(not isinstance(item, dict) or holds_values(item) for item in values.values())


def _walk(prefix: str, table: Mapping[str, Any], found: dict[str, str]) -> None:
    for key, value in table.items():
        name = prefix + format_part(key)
        if isinstance(value, dict) and value:
            _walk(f"{name}.", value, found)
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for index, item in enumerate(value):
                _walk(f"{name}[{index}].", item, found)
        else:
            found[name] = value_literal(value)
