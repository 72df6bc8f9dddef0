"""One statement's value changed by tomlkit, which keeps how the rest of it is written."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tetra_es.errors import ConfigError
from tetra_es.toml.flatten import same_values
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    import tomlkit

    from tetra_es.toml.keys import KeyPath
    from tetra_es.toml.statements import Statement


def with_value(statement: Statement, path: KeyPath, value: object) -> str:
    """Return the statement's text with `path` set: its own key, or one in its inline table."""
    document = _styled(statement)
    table: Any = document
    *inner, key = path[len(statement.table) :]
    while inner and inner[0] in table:
        table = table[inner.pop(0)]
    for part in reversed([*inner[1:], key] if inner else []):
        value = {part: value}  # tables in an inline table are inline themselves
    key = inner[0] if inner else key
    table[key] = _item(value, table.get(key))
    return document.as_string()


def without_value(statement: Statement, path: KeyPath) -> str:
    """Return the statement's text without `path`, a key in its inline table."""
    document = _styled(statement)
    table: Any = document
    *inner, key = path[len(statement.table) :]
    for part in inner:
        table = table[part]
    del table[key]
    return document.as_string()


def holds(text: str, statement: Statement, value: object) -> bool:
    """Return whether `text`, written for the statement, gives its key this value alone."""
    wanted: Any = value
    for part in reversed(statement.path[len(statement.table) :]):
        wanted = {part: wanted}
    try:
        return same_values(tomllib.loads(text), wanted)
    except (ValueError, RecursionError):
        return False


def tomlkit_version() -> str:
    """Return the version of the library that writes values: the texts of two may differ."""
    import tomlkit

    return tomlkit.__version__


def _styled(statement: Statement) -> tomlkit.TOMLDocument:
    """Return tomlkit's document of a statement; it keeps comments, order and formatting."""
    # tomlkit takes 20 ms to import; a reader does without.
    import tomlkit

    try:
        return tomlkit.parse(statement.text)
    except Exception as error:  # besides its own errors it lets slip whatever an odd text causes
        raise ConfigError(f"tomlkit cannot read a statement: {error}") from error


def _item(value: object, old: Any) -> Any:
    """Return tomlkit's item for a value, in quotes of the kind that the old one had."""
    import tomlkit

    literal = old.as_string() if isinstance(old, tomlkit.items.String) else ""
    if isinstance(value, str) and literal.startswith("'") and not literal.startswith("'''"):
        with suppress(ValueError):  # not every string can be written as a literal one
            return tomlkit.string(value, literal=True)
    # Whatever has tables in it would become sections of its own.
    return tomlkit.value(value_literal(value))
