"""What the value of a key must be, and what the tables of keys share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.toml.keys import KeyPath

Check: TypeAlias = Callable[[Any], bool]

ANY = "*"
"""Stands for one part of a key, whatever it is."""


class Rule(NamedTuple):
    """What the value of a key must be."""

    must: str
    """How the message goes on after "must be"."""
    check: Check
    hint: str


class Problem(NamedTuple):
    """One wrong value."""

    path: KeyPath
    what: str
    hint: str


def is_int(value: Any, low: int = 0, high: int = 2**53) -> bool:
    """Return whether `value` is a whole number in a range."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def one_of(*words: str) -> Rule:
    """Return the rule for a value that is one of some words."""
    return Rule(
        f"one of {', '.join(words)}", lambda v: v in words, f"write one of {', '.join(words)}"
    )


TEXT = Rule("a string", lambda v: isinstance(v, str), 'put the value in quotes, "like this"')
FILLED = Rule(
    "a string that is not empty",
    lambda v: isinstance(v, str) and bool(v.strip()),
    'put the value in quotes, "like this"',
)
FLAG = Rule("true or false", lambda v: isinstance(v, bool), "write true or false, without quotes")


def matching(values: Mapping[str, Any], pattern: KeyPath) -> list[tuple[KeyPath, Any]]:
    """Return path and value of the keys that `pattern` stands for, in the order of the file."""
    found: list[tuple[KeyPath, Any]] = [((), values)]
    for part in pattern:
        found = [
            ((*path, key), table[key])
            for path, table in found
            if isinstance(table, dict)
            for key in (table if part == ANY else [part] if part in table else [])
        ]
    return found
