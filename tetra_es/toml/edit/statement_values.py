"""One statement's value changed by tomlkit, which keeps how the rest of it is written."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tetra_es.errors import ConfigError
from tetra_es.toml.edit.arrays import read_array
from tetra_es.toml.flatten import same_values
from tetra_es.toml.keys import Index, format_part
from tetra_es.toml.literals import value_literal
from tetra_es.toml.statements import Statement, value_span

if TYPE_CHECKING:
    import tomlkit

    from tetra_es.toml.keys import KeyPath

_ALONE = ("value",)


def with_value(
    statement: Statement, path: KeyPath, value: object, literal: str | None = None
) -> str:
    """Return the statement's text with `path` set: its own key, or what is in its value.

    `literal`, where given, is how the value is to be written.
    """
    above, rest = _up_to_element(path, len(statement.path))
    if rest:
        old = read_array(_value_text(statement, above))
        index, *inner = rest
        text = literal or value_literal(value)
        if inner:
            element = old.elements[int(index)].text if int(index) < len(old.elements) else "{}"
            text = _element_with(element, tuple(inner), value, literal)
        array = str(old.with_text(int(index), text))
        return with_value(statement, above, _value(array), array)
    if literal is not None and path == statement.path:
        return _with_literal(statement, literal)
    document = _styled(statement)
    table: Any = document
    *between, key = path[len(statement.table) :]
    while between and between[0] in table:
        table = table[between.pop(0)]
    for part in reversed([*between[1:], key] if between else []):
        value = {part: value}  # tables in an inline table are inline themselves
        literal = literal and f"{{ {format_part(part)} = {literal} }}"
    key = between[0] if between else key
    table[key] = _item(value, table.get(key), literal)
    return document.as_string()


def without_value(statement: Statement, path: KeyPath) -> str:
    """Return the statement's text without `path`, which is in its value."""
    above, rest = _up_to_element(path, len(statement.path))
    if rest:
        old = read_array(_value_text(statement, above))
        index, *inner = rest
        if inner:
            text = _element_without(old.elements[int(index)].text, tuple(inner))
            array = str(old.with_text(int(index), text))
        else:
            array = str(old.without(int(index)))
        return with_value(statement, above, _value(array), array)
    document = _styled(statement)
    table: Any = document
    *between, key = path[len(statement.table) :]
    for part in between:
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


def _item(value: object, old: Any, literal: str | None) -> Any:
    """Return tomlkit's item for a value, in quotes of the kind that the old one had."""
    import tomlkit

    quoted = old.as_string() if isinstance(old, tomlkit.items.String) else ""
    if literal is None and isinstance(value, str) and _in_single_quotes(quoted):
        with suppress(ValueError):  # not every string can be written as a literal one
            return tomlkit.string(value, literal=True)
    # Whatever has tables in it would become sections of its own.
    return tomlkit.value(literal or value_literal(value))


def _in_single_quotes(literal: str) -> bool:
    return literal.startswith("'") and not literal.startswith("'''")


def _with_literal(statement: Statement, literal: str) -> str:
    """Return the statement's text with `literal` for its value.

    The lines and comments of an array stay, where the new one is written on one line.
    """
    start, end = value_span(statement.text)
    old = statement.text[start:end]
    if old.startswith("[") and literal.startswith("[") and "\n" not in literal:
        before, after = read_array(old), read_array(literal)
        if "\n" in old or same_values(_value(old), _value(literal)):
            literal = str(before.with_elements(after))
    return statement.text[:start] + literal + statement.text[end:]


def _up_to_element(path: KeyPath, begin: int) -> tuple[KeyPath, KeyPath]:
    """Return the path of the first array in `path`, and the rest; those before `begin` are past."""
    for depth in range(begin, len(path)):
        if isinstance(path[depth], Index):
            return path[:depth], path[depth:]
    return path, ()


def _value_text(statement: Statement, path: KeyPath) -> str:
    """Return how the value of the statement, or one in its inline table, is written."""
    if path == statement.path:
        start, end = value_span(statement.text)
        return statement.text[start:end]
    item: Any = _styled(statement)
    for part in path[len(statement.table) :]:
        item = item[part]
    return str(item.as_string())


def _value(literal: str) -> object:
    return tomllib.loads(f"value = {literal}")["value"]


def _alone(literal: str) -> Statement:
    return Statement(f"value = {literal}", "key", _ALONE, ())


def _element_with(element: str, inner: KeyPath, value: object, literal: str | None) -> str:
    return with_value(_alone(element), (*_ALONE, *inner), value, literal).partition("= ")[2]


def _element_without(element: str, inner: KeyPath) -> str:
    return without_value(_alone(element), (*_ALONE, *inner)).partition("= ")[2]
