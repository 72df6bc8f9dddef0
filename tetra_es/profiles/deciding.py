"""Which rules of a promotion gave a key its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.profiles.rules import parse_pattern
from tetra_es.schema.rule import ANY, matching
from tetra_es.toml.keys import Index

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es.toml.keys import KeyPath


class Deciding(NamedTuple):
    """A rule that had a say in a value."""

    kind: str
    """`set` or `append`."""
    pattern: str
    """The key that it is about, with `*` for a part."""
    value: str
    """As TOML: what it sets, or the text that it appends."""
    own: bool
    """Whether it is the organization's own, in the overlay, and not the shipped profile's."""


def deciding(
    layers: Sequence[Mapping[str, Any]], values: Mapping[str, Any], path: KeyPath
) -> list[Deciding]:
    """Return the rules that gave the value at `path`, in the order in which they were applied.

    `layers` are those of the body of a promotion's rules, `values` are what they made. The first is
    a `set` where one had the last word; without one, the value came from the source of truth.
    """
    found: list[Deciding] = []
    for layer in layers:
        own = bool(layer["always_create"])
        for pattern, literal in layer["set"]:
            if _is_about(parse_pattern(pattern), path):
                found = [Deciding("set", pattern, literal, own)]
        for pattern, text, unless_false in layer["append"]:
            beside = (*path[:-1], unless_false or "")
            skipped = unless_false and any(v is False for _, v in matching(values, beside))
            if _is_about(parse_pattern(pattern), path) and not skipped:
                found.append(Deciding("append", pattern, text, own))
    return found


def _is_about(pattern: KeyPath, path: KeyPath) -> bool:
    """Return whether a pattern stands for a key or for what it is in."""
    return len(pattern) <= len(path) and all(
        part in (ANY, other) and not isinstance(other, Index)  # no rule is about an element
        for part, other in zip(pattern, path, strict=False)
    )
