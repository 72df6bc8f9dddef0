"""Bringing some keys of an older text back into a newer one, whose other lines stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.errors import TetraEsError
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.editor import Editor
from tetra_es.toml.keys import is_below
from tetra_es.toml.merge import leaves_of
from tetra_es.toml.taken_back import same_keys, with_paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.toml.keys import KeyPath
    from tetra_es.toml.statements import Statement


def bring_back(
    present: ConfigDocument, older: ConfigDocument, paths: Sequence[KeyPath], keys: Sequence[str]
) -> ConfigDocument | None:
    """Return `present` with the values of `older` at some paths and below; None where none can be.

    `keys` are the paths as keys are written.
    """
    wanted = with_paths(present.keys, older.keys, keys)
    for found in _attempts(present, older, paths):
        if found is not None and same_keys(found.keys, wanted):
            return found
    return None


def _attempts(
    present: ConfigDocument, older: ConfigDocument, paths: Sequence[KeyPath]
) -> Iterator[ConfigDocument | None]:
    yield _key_by_key(present, older, paths)
    yield _as_blocks(present, older, paths)


def _key_by_key(
    present: ConfigDocument, older: ConfigDocument, paths: Sequence[KeyPath]
) -> ConfigDocument | None:
    """Return it with each key set or removed, as it was typed; None where that cannot be done."""
    there, then = leaves_of(present), leaves_of(older)
    typed = {each.path: each.text for each in older.statements if each.kind == "key"}
    try:
        editor = Editor(present)
        for path in paths:
            if editor.has(path) and not any(is_below(each, path) for each in then):
                editor.remove(path)  # with its header, where it is a table
        for path in [each for each in there if each not in then and _is_at(each, paths)]:
            if editor.has(path):
                editor.remove(path)
        for path in [each for each in then if _is_at(each, paths)]:
            if there.get(path) == then[path]:
                continue
            value = _value(older, path)
            if path in typed:
                editor.put(path, value, typed[path])
            else:
                editor.set(path, value)
        return editor.document()
    except (TetraEsError, KeyError, TypeError):
        return None


def _as_blocks(
    present: ConfigDocument, older: ConfigDocument, paths: Sequence[KeyPath]
) -> ConfigDocument | None:
    """Return it with the lines of each path in the place of those that are there."""
    statements = list(present.statements)
    for path in paths:
        new, old = _block(older.statements, path), _block(statements, path)
        if new is None or old is None:
            return None
        lines = list(older.statements[new[0] : new[1]])
        at, end = old if old[1] > old[0] else (len(statements), len(statements))
        if lines and at == len(statements) and statements and not _ends_line(statements[-1].text):
            return None
        statements[at:end] = lines
    found = ConfigDocument(present.path, "".join(each.text for each in statements))
    try:
        return found.checked()
    except TetraEsError:
        return None


def _block(statements: Sequence[Statement], path: KeyPath) -> tuple[int, int] | None:
    """Return where the lines of a path begin and end, equal for none; None for several places."""
    own = [at for at, each in enumerate(statements) if is_below(each.path, path) and each.path]
    if not own:
        return 0, 0
    first, last = own[0], own[-1] + 1
    inside = statements[first:last]
    return (first, last) if all(is_below(each.path or path, path) for each in inside) else None


def _ends_line(text: str) -> bool:
    return text.endswith("\n")


def _is_at(path: KeyPath, paths: Sequence[KeyPath]) -> bool:
    return any(is_below(path, each) for each in paths)


def _value(document: ConfigDocument, path: KeyPath) -> Any:
    found: Any = document.values
    for part in path:
        found = found[part]
    return found
