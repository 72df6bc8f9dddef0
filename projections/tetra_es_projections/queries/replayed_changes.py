"""Edits whose texts were purged, done again by what is recorded of them: the keys they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.editor import Editor
from tetra_es.toml.keys import format_key, parse_element_key, parse_key
from tetra_es.toml.merge import Conflict
from tetra_es_projections.queries.replayed_files import DO_NOT_FIT, Doubt, Outcome, chosen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.events.base import KeyChange

_EMPTY = "{}"


def changed_again(event: int, changes: Sequence[KeyChange], onto: ConfigDocument) -> Outcome:
    """Return `onto` with the changes of an event by key, and what is in doubt."""
    doubts = [
        Doubt(event, format_key(clash.path), chosen(clash)) for clash in _clashes(changes, onto)
    ]
    try:
        return Outcome(_with(onto, changes), doubts)
    except (TetraEsError, KeyError, TypeError):
        return Outcome(onto, [*doubts, Doubt(event, None, DO_NOT_FIT)])


def before_changes(changes: Sequence[KeyChange], after: ConfigDocument) -> ConfigDocument | None:
    """Return the values that a text had before an event, None where these cannot be had."""
    try:
        return _with(after, [[key, late, early] for key, early, late in changes])
    except (TetraEsError, KeyError, TypeError):
        return None


def _with(document: ConfigDocument, changes: Sequence[KeyChange]) -> ConfigDocument:
    """Return a document with changed keys. Raises where they do not fit."""
    editor = Editor(document)
    # From the last element of an array on: those after a removed one have other numbers.
    for key, _, after in reversed(changes):
        path = parse_key(str(key))
        if after is None and editor.has(path):
            editor.remove(path)
    for key, _, after in changes:
        path = parse_key(str(key))
        if after is not None and not (after == _EMPTY and editor.has(path)):
            editor.set(path, _value(after), literal=after)
    return editor.document()


def _clashes(changes: Sequence[KeyChange], onto: ConfigDocument) -> Iterator[Conflict]:
    """Yield the keys that have another value than the event found and another than it gave."""
    for key, before, after in changes:
        there = onto.keys.get(str(key))
        if there not in (before, after):
            yield Conflict(parse_element_key(str(key)), before, after, there)


def _value(literal: str) -> object:
    return ConfigDocument("", f"value = {literal}\n").values["value"]
