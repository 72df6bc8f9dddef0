"""Doing to one document what was done to another: to merge changes that stand next to each other.

A merge of texts takes neighbouring lines for one place. Where a change is nothing but keys that
were set or removed, it can be done again elsewhere, each statement as it was typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.errors import TetraEsError
from tetra_es.toml.edit.editor import Editor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath
    from tetra_es.toml.statements import Statement


def replay(
    before: ConfigDocument, after: ConfigDocument, onto: ConfigDocument
) -> ConfigDocument | None:
    """Return `onto` with the keys set and removed that make `after` of `before`.

    None where the change is more than that, such as of comments or of the order, or where it
    cannot be done there. All three are valid.
    """
    done = _redone(before, after, before)
    if done is None or done.text != after.text:
        return None
    return _redone(before, after, onto)


def _redone(
    before: ConfigDocument, after: ConfigDocument, onto: ConfigDocument
) -> ConfigDocument | None:
    """Return what comes of it; None where it cannot be done.

    That is so where the statements in question are others there than they were before.
    """
    old, new, there = _keys(before), _keys(after), _keys(onto)
    editor = Editor(onto)
    changed = [path for path in {**old, **new} if _text(old, path) != _text(new, path)]
    try:
        for path in changed:
            if _text(there, path) == _text(new, path):
                continue  # it is done there already
            if _text(there, path) != _text(old, path):
                return None
            if path in new:
                editor.put(path, _at(after.values, path), new[path].text)
            else:
                editor.remove(path)
        return editor.document()
    except (TetraEsError, KeyError):
        return None


def _keys(document: ConfigDocument) -> dict[KeyPath, Statement]:
    return {each.path: each for each in document.statements if each.kind == "key"}


def _text(statements: Mapping[KeyPath, Statement], path: KeyPath) -> str | None:
    return statements[path].text.strip() if path in statements else None


def _at(values: Mapping[str, Any], path: KeyPath) -> Any:
    found: Any = values
    for part in path:
        found = found[int(part) if isinstance(found, list) else part]
    return found
