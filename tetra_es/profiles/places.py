"""Where a key that somebody names is in an overlay: most are keys of the generated environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.errors import Refused, UsageError
from tetra_es.profiles.load import effective_profile
from tetra_es.profiles.rules import format_pattern, own_rules, parse_pattern, pattern_in_file
from tetra_es.schema.environment import rule_of
from tetra_es.schema.rule import ANY, matching
from tetra_es.toml.edit.assignments import KeyLocation
from tetra_es.toml.keys import parse_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath

_OWN_KEYS = ("extends", "remove", "create")
_TABLES = ("set", "append")


def places_in_overlay(
    overlay: ConfigDocument, environment: str, source: Mapping[str, Any]
) -> Callable[[str], KeyLocation]:
    """Return what tells where a key is in an overlay, and what it holds where it is not there.

    `extends`, `remove` and `create` are keys of the overlay itself, and a key that begins with
    `set.` or `append.` is one as its file has it. All others are keys of the environment, with
    `*` for any one part, that the table `set` gives values to.
    """

    def place(key: str) -> KeyLocation:
        if key in _OWN_KEYS:
            return KeyLocation((key,), key)
        table, pattern = _rule(key)
        name = format_pattern(pattern)
        if table != "set" or name in _OWN_KEYS or pattern[0] in _TABLES:
            name = f"{table}.{name}"
        for written, at in own_rules(overlay, table):
            if written == pattern:
                return KeyLocation(at, name, 1, fits=_fits(table, pattern))
        path = (format_pattern(pattern),) if ANY in pattern else pattern
        holds = _held(environment, overlay, pattern, source) if table == "set" else ()
        return KeyLocation((table, *path), name, 1, holds, _fits(table, pattern))

    return place


def _rule(key: str) -> tuple[str, KeyPath]:
    """Return the table that a rule is in, and the keys that it is for. Raises `UsageError`."""
    try:
        table, *rest = parse_key(key)
    except UsageError:
        return "set", parse_pattern(key)
    if table not in _TABLES or not rest:
        return "set", parse_pattern(key)
    return table, pattern_in_file(tuple(rest))


def _fits(table: str, pattern: KeyPath) -> Callable[[object], bool] | None:
    if table == "append":
        return lambda value: isinstance(value, str)
    rule = rule_of(pattern)
    return rule.check if rule else None


def _held(
    environment: str, overlay: ConfigDocument, pattern: KeyPath, source: Mapping[str, Any]
) -> list[object]:
    """Return the values that the environment has at a key without a rule of its own for it."""
    try:
        profile = effective_profile(environment, overlay)
    except Refused:  # there is no built-in one
        return []
    for path, value in reversed(profile.layers[0].set):
        if len(path) == len(pattern) and all(
            ANY in pair or pair[0] == pair[1] for pair in zip(path, pattern, strict=True)
        ):
            return [value]
    return [value for _, value in matching(source, pattern)]
