"""The rules that a promotion carries: a profile's, with the values of the manifest filled in.

What they make of values is worked out on values alone. Texts differ between versions of the
library that writes them; the values that a promotion has to have do not.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tetra_es.profiles.generate import appendings, apply_rules, fill, settings
from tetra_es.profiles.rules import Append, Rules, parse_pattern
from tetra_es.schema.rule import matching
from tetra_es.toml.edit.editor import Editor
from tetra_es.toml.edit.plain_values import copied, set_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tetra_es.toml.document import ConfigDocument


def filled_layers(
    layers: Iterable[Rules], *, org: str, domain: str, environment: str
) -> tuple[Rules, ...]:
    """Return the layers of a profile with every placeholder replaced."""
    places = {"{org}": org, "{domain}": domain, "{environment}": environment}
    return tuple(
        replace(
            rules,
            set=tuple((path, fill(value, places)) for path, value in rules.set),
            append=tuple(replace(rule, text=fill(rule.text, places)) for rule in rules.append),
        )
        for rules in layers
    )


def plain_layers(layers: Iterable[Rules]) -> list[dict[str, Any]]:
    """Return layers as JSON: what the body of a promotion's rules holds."""
    return [rules.plain() for rules in layers]


def layers_of(plain: Iterable[Mapping[str, Any]]) -> tuple[Rules, ...]:
    """Return the layers in the body of a promotion's rules; the inverse of `plain_layers`."""
    return tuple(
        Rules(
            set=tuple((parse_pattern(key), _plain(literal)) for key, literal in layer["set"]),
            append=tuple(
                Append(parse_pattern(key), text, unless_false)
                for key, text, unless_false in layer["append"]
            ),
            remove=tuple(map(parse_pattern, layer["remove"])),
            create=tuple(map(parse_pattern, layer["create"])),
            always_create=bool(layer["always_create"]),
        )
        for layer in plain
    )


def _plain(literal: str) -> Any:
    """Return the plain value that a literal stands for."""
    return tomllib.loads(f"value = {literal}")["value"]


def values_by(layers: tuple[Rules, ...], source: ConfigDocument) -> dict[str, Any]:
    """Return the values that filled layers make of a state of the source of truth.

    Raises `TetraEsError` where a rule does not fit what is there.
    """
    values: dict[str, Any] = copied(dict(source.values))
    for rules in layers:
        if any(matching(values, pattern) for pattern in rules.remove):
            # Whether a table that has become empty goes, its text says.
            editor = Editor(source)
            apply_rules(editor, layers, {})
            return editor.values
        for path, value, _ in settings(rules, values, {}):
            set_value(values, path, value)
        for path, value in appendings(rules, values, {}):
            set_value(values, path, value)
    return values
