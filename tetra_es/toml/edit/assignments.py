"""Set and unset keys of a document, as people write them on a command line."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.toml.edit.editor import Editor
from tetra_es.toml.keys import format_key, is_text, parse_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath


def set_values(
    document: ConfigDocument, assignments: Sequence[tuple[str, str]], *, table: KeyPath = ()
) -> ConfigDocument:
    """Return a document with keys set, those of `table` where one is given.

    A value that is one TOML value is taken as that, anything else as a string. Raises
    `UsageError` where a key cannot be set, `ConfigError` where the document is not valid.
    """
    editor = Editor(document)
    for key, value in assignments:
        editor.set((*table, *parse_key(key)), parse_value(value), within=len(table))
    return editor.document()


def set_value(document: ConfigDocument, path: KeyPath, value: object) -> ConfigDocument:
    """Return a document with one key set to a plain value; raises as `set_values` does."""
    editor = Editor(document)
    editor.set(path, value)
    return editor.document()


def unset_keys(
    document: ConfigDocument, keys: Sequence[str], *, table: KeyPath = (), prune: bool = False
) -> ConfigDocument:
    """Return a document without the keys, with `prune` also without tables that become empty.

    With `table`, the keys are those of that table. Raises `UsageError` where one is not there.
    """
    editor = Editor(document)
    for key in keys:
        path = (*table, *parse_key(key))
        try:
            editor.remove(path)
        except KeyError:
            raise _missing(document, path, table) from None
        while prune and (path := path[:-1]) and editor.has(path) and not editor.at(path):
            editor.remove(path)
    return editor.document()


def parse_value(text: str) -> object:
    """Return the plain value of a TOML literal, `text` itself where it is not just one.

    Raises `UsageError` for bytes of a command line that are not text.
    """
    if not is_text(text):
        raise UsageError(f"not text in UTF-8: {text!r}", hint="give the value in UTF-8")
    try:
        values = tomllib.loads(f"value = {text}")
        # In an array, a comment at the end hides the bracket that closes it.
        tomllib.loads(f"value = [{text}]")
    except (ValueError, RecursionError):
        return text
    # A line break could have ended the value and begun another key.
    return values["value"] if list(values) == ["value"] else text


def _missing(document: ConfigDocument, path: KeyPath, table: KeyPath) -> UsageError:
    from difflib import get_close_matches

    key = format_key(path[len(table) :])
    above = f"{format_key(table)}." if table else ""
    there = [each.removeprefix(above) for each in document.keys if each.startswith(above)]
    near = get_close_matches(key, there, n=3)
    return UsageError(
        f"there is no key {key}",
        hint=f"did you mean {' or '.join(near)}?" if near else f"the keys are in {document.path}",
    )
