"""Bringing some keys of an older text back into a newer one, whose other lines stay."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tetra_es.errors import TetraEsError
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.edit.editor import Editor
from tetra_es.toml.keys import is_below
from tetra_es.toml.merge import leaves_of
from tetra_es.toml.taken_back import same_keys, with_paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tetra_es.toml.keys import KeyPath
    from tetra_es.toml.statements import Statement


def bring_back(
    present: ConfigDocument, older: ConfigDocument, paths: Sequence[KeyPath], keys: Sequence[str]
) -> ConfigDocument | None:
    """Return `present` with the values of `older` at some paths and below; None where none can be.

    `keys` are the paths as keys are written.
    """
    found: ConfigDocument | None = present
    for path, key in zip(paths, keys, strict=True):
        if found is not None:
            wanted = with_paths(found.keys, older.keys, [key])
            found = next(_attempts(found, older, path, wanted), None)
    return found


def _attempts(
    present: ConfigDocument, older: ConfigDocument, path: KeyPath, wanted: Mapping[str, str]
) -> Iterator[ConfigDocument]:
    """Yield what has the wanted keys, in the order of how little was done."""
    # A statement as it was typed fits where its table is made in the same way.
    for attempt in (_key_by_key, _as_block, partial(_key_by_key, as_typed=False)):
        found = attempt(present, older, path)
        if found is not None and same_keys(found.keys, wanted):
            yield found


def _key_by_key(
    present: ConfigDocument, older: ConfigDocument, path: KeyPath, *, as_typed: bool = True
) -> ConfigDocument | None:
    """Return it with each key set or removed; None where that cannot be done."""
    there, then = leaves_of(present), leaves_of(older)
    typed = {each.path: each.text for each in older.statements if each.kind == "key"}
    try:
        editor = Editor(present)
        if editor.has(path) and not any(is_below(each, path) for each in then):
            editor.remove(path)  # with its header, where it is a table
        for each in [each for each in there if each not in then and is_below(each, path)]:
            if editor.has(each):
                editor.remove(each)
        for each in [each for each in then if is_below(each, path)]:
            if there.get(each) == then[each]:
                continue
            value = _value(older, each)
            if as_typed and each in typed:
                editor.put(each, value, typed[each])
            else:
                editor.set(each, value)
        above = path[:-1]
        while above and not _has(older, above) and editor.has(above) and editor.at(above) == {}:
            editor.remove(above)
            above = above[:-1]
        return editor.document()
    except (TetraEsError, KeyError, TypeError):
        return None


def _as_block(
    present: ConfigDocument, older: ConfigDocument, path: KeyPath
) -> ConfigDocument | None:
    """Return it with the lines of the path in the place of those that are there."""
    statements = list(present.statements)
    new, old = _block(older.statements, path), _block(statements, path)
    if new is None or old is None:
        return None
    at, end = old if old[1] > old[0] else (len(statements), len(statements))
    statements[at:end] = older.statements[new[0] : new[1]]
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


def _has(document: ConfigDocument, path: KeyPath) -> bool:
    try:
        _value(document, path)
    except (KeyError, TypeError):
        return False
    return True


def _value(document: ConfigDocument, path: KeyPath) -> Any:
    found: Any = document.values
    for part in path:
        found = found[part]
    return found
