"""Set and unset keys of a document, as people write them on a command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tetra_es.errors import UsageError
from tetra_es.toml.edit.editor import Editor
from tetra_es.toml.edit.plain_values import holds_tables
from tetra_es.toml.edit.typed import Typed, an, read_typed, type_of
from tetra_es.toml.flatten import same_values
from tetra_es.toml.keys import Index, KeyPath, format_key, parse_element_key
from tetra_es.toml.literals import value_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.toml.document import ConfigDocument

_NUMBERS = ("integer", "float")
_SPELLED = ("integer", "float", "datetime", "date", "time", "array")
"""Types of which one value is written in several ways that mean something to people."""


class KeyLocation(NamedTuple):
    """Where a key that somebody names is in a document."""

    path: KeyPath
    name: str
    """What messages call it."""
    within: int = 0
    """How many parts of the path the name leaves out."""
    holds: Sequence[object] = ()
    """The values that it has where the document itself has none."""
    fits: Callable[[object], bool] | None = None
    """Whether a value may be one of the key; None where every one may."""


Locate: TypeAlias = Callable[[str], KeyLocation]


def place_in_document(key: str) -> KeyLocation:
    """Return the place of a key that is called by its own name. Raises `UsageError`."""
    path = parse_element_key(key)
    return KeyLocation(path, format_key(path))


def set_values(
    document: ConfigDocument,
    assignments: Sequence[tuple[str, str]],
    *,
    wanted: str | None = None,
    place: Locate = place_in_document,
    note: Callable[[str], None] = lambda _: None,
) -> ConfigDocument:
    """Return a document with keys set to values as typed; see `read_typed`.

    `wanted` is the type that was asked for, for all of them. `note` is told of new keys whose
    values read otherwise than they were typed. Raises as `read_typed` does, `UsageError` also
    where a key cannot be set, `ConfigError` where the document is not valid.
    """
    editor = Editor(document)
    for key, text in assignments:
        at = place(key)
        new = not editor.has(at.path)
        typed = _set(editor, at, text, wanted)
        shown = value_literal(typed.value)
        if new and wanted is None and typed.type in _NUMBERS and shown != typed.literal:
            note(
                f"{at.name} is {an(typed.type)}, which reads {shown} (--type string makes it a "
                "string)"
            )
    return editor.document()


def _set(editor: Editor, at: KeyLocation, text: str, wanted: str | None) -> Typed:
    there = editor.has(at.path)
    if there and holds_tables(editor.at(at.path)):
        editor.set(at.path, text, within=at.within)  # raises
    holds = {type_of(value) for value in ([editor.at(at.path)] if there else at.holds)}
    typed = read_typed(
        at.name, text, holds=holds.pop() if len(holds) == 1 else None, wanted=wanted, fits=at.fits
    )
    same = there and same_values(editor.at(at.path), typed.value)
    if not same or typed.type in _SPELLED:
        editor.set(at.path, typed.value, within=at.within, literal=typed.literal)
    return typed


def set_value(document: ConfigDocument, path: KeyPath, value: object) -> ConfigDocument:
    """Return a document with one key set to a plain value; raises as `set_values` does.

    The lines and comments of an array stay.
    """
    editor = Editor(document)
    literal = value_literal(value) if isinstance(value, list) else None
    editor.set(path, value, literal=literal)
    return editor.document()


def unset_keys(
    document: ConfigDocument,
    keys: Sequence[str],
    *,
    place: Locate = place_in_document,
    prune: bool = False,
) -> ConfigDocument:
    """Return a document without the keys, with `prune` also without tables that become empty.

    Raises `UsageError` where one is not there.
    """
    editor = Editor(document)
    places = [place(key) for key in keys]
    for each in places:
        if not editor.has(each.path):
            raise _missing(document, each)
    # The elements of an array have the numbers that they had before, so the last one goes first.
    for each in sorted(places, key=lambda one: [*map(_rank, one.path)], reverse=True):
        path = each.path
        if not editor.has(path):
            raise UsageError(f"{each.name} is named twice", hint="name each key once")
        editor.remove(path)
        while prune and (path := path[:-1]) and editor.has(path) and not editor.at(path):
            editor.remove(path)
    return editor.document()


def _rank(part: str) -> tuple[int, str]:
    return (int(part), "") if isinstance(part, Index) else (0, part)


def _missing(document: ConfigDocument, place: KeyLocation) -> UsageError:
    from difflib import get_close_matches

    above = format_key(place.path[: place.within])
    above += "." if above else ""
    there = [each.removeprefix(above) for each in document.keys if each.startswith(above)]
    near = get_close_matches(place.name, there, n=3)
    return UsageError(
        f"there is no key {place.name}",
        hint=f"did you mean {' or '.join(near)}?" if near else f"the keys are in {document.path}",
    )
