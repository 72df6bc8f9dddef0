"""Rules of an overlay that change nothing, since nothing is there that they are for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.profiles.generate import appendings, settings
from tetra_es.profiles.rules import own_rules, read_rules
from tetra_es.schema.rule import ANY, matching
from tetra_es.toml.edit.plain_values import copied, remove_value, set_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.profiles.rules import Profile, Rules
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath


class Unmatched(NamedTuple):
    """A rule that matches nothing."""

    table: str
    """`set`, `append` or `remove`."""
    pattern: KeyPath
    line: int


def unmatched_rules(
    overlay: ConfigDocument, profile: Profile, source: Mapping[str, Any]
) -> Iterator[Unmatched]:
    """Yield the rules of an overlay that match nothing in what the rules before them make.

    Raises `UsageError` where a rule does not fit what is there.
    """
    *built_in, own = profile.layers
    if not built_in:
        return
    values: dict[str, Any] = copied(dict(source))
    for rules in built_in:
        _apply(rules, values)
    for pattern in own.remove:
        found = matching(values, pattern)
        if not found:
            yield Unmatched("remove", pattern, overlay.line_of(("remove",)) or 1)
        for path, _ in found:
            remove_value(values, path)
    _apply(replace(own, append=()), values)
    # A rule without a star makes the tables that it needs.
    later = [("set", pattern) for pattern, _ in own.set if ANY in pattern]
    later += [("append", rule.path) for rule in own.append]
    for table, pattern in later:
        if not matching(values, pattern):
            places = (at for rule, at in own_rules(overlay, table) if rule == pattern)
            line = overlay.line_of(next(places, (table,)))
            yield Unmatched(table, pattern, line or 1)


def _apply(rules: Rules, values: dict[str, Any]) -> None:
    for path, value, _ in list(settings(rules, values, {})):
        set_value(values, path, value)
    for path, value in list(appendings(rules, values, {})):
        set_value(values, path, value)


def rules_of(overlay: ConfigDocument) -> set[tuple[str, KeyPath]]:
    """Return table and pattern of every rule of an overlay."""
    rules, _ = read_rules(overlay, overlay=True)
    return {
        *(("set", path) for path, _ in rules.set),
        *(("append", rule.path) for rule in rules.append),
        *(("remove", path) for path in rules.remove),
    }
