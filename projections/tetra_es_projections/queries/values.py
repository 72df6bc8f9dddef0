"""One value of an environment."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.schema.near import did_you_mean
from tetra_es.toml.edit.plain_values import value_at
from tetra_es.toml.flatten import flatten_values
from tetra_es.toml.keys import format_key, parse_element_key
from tetra_es.toml.literals import value_literal
from tetra_es.toml.written import as_written, remembering
from tetra_es_projections.queries.states import document_at

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es.toml.document import ConfigDocument
    from tetra_es_projections.queries.reader import Reader


class Value(NamedTuple):
    """One value, for programs and for people."""

    plain: Any
    """As JSON; what JSON has no value for is a string, as TOML writes it."""
    lines: list[str]
    """A string as it is, anything else as its TOML has it; a table has a line for each key."""


def value_of(reader: Reader, environment: str, key: str, ref: Ref | None = None) -> Value:
    """Return the value of a key, a table or an element of an array, at a REF or now.

    Raises `UsageError` where `key` is not a key, `TetraEsError` where it is not there, and as
    `text_at` does.
    """
    path = parse_element_key(key)
    document = document_at(reader, environment, ref)
    try:
        found = value_at(document.values, path)
    except KeyError:
        raise _missing(reader, document, environment, format_key(path), ref) from None
    if isinstance(found, str):
        lines = [found]
    elif isinstance(found, dict):
        lines = []
        for name, literal in flatten_values(found).items():
            within = f"{format_key(path)}{'' if name.startswith('[') else '.'}{name}"
            lines.append(f"{name} = {as_written(remembering(document, within, literal))}")
    else:
        literal = remembering(document, format_key(path), value_literal(found))
        lines = [as_written(literal) or literal]
    return Value(_plain(found), lines)


def _missing(
    reader: Reader, document: ConfigDocument, environment: str, name: str, ref: Ref | None
) -> TetraEsError:
    if name in reader.views.keys.names(f"secrets {environment}"):
        return TetraEsError(
            f"{name} of {environment} is a secret, not a value of its TOML",
            hint=f"`tetra-es secret get {environment} {name}` prints it",
        )
    tables = {key.rpartition(".")[0] for key in document.keys} - {""}
    return TetraEsError(
        f"{environment} has no key {name}" + ("" if ref is None else " there"),
        hint=f"{did_you_mean(name, [*document.keys, *tables])}`tetra-es blame {environment}` "
        "lists its keys",
    )


def _plain(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _plain(item) for key, item in found.items()}
    if isinstance(found, list):
        return [_plain(item) for item in found]
    plain = isinstance(found, (str, int)) or (isinstance(found, float) and isfinite(found))
    return found if plain else value_literal(found)
