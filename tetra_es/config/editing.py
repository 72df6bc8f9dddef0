"""Set and unset keys in a text; all the rest of it stays as it was written."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from tetra_es.config.document import load, parse
from tetra_es.config.keys import format_key, parse_key
from tetra_es.errors import TetraEsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tomlkit

    from tetra_es.config.keys import KeyPath


_LONE_LF = re.compile(r"(?<!\r)\n")


def set_values(text: str, assignments: Sequence[tuple[str, str]], *, name: str) -> str:
    """Return `text` with keys set.

    A value that is one TOML value is taken as that, anything else as a string. Raises
    `UsageError` where a key cannot be set, `ConfigError` where `text` is not valid.
    """
    for key, value in assignments:
        text = set_value(text, parse_key(key), parse_value(value), name=name)
    return text


def unset_keys(text: str, keys: Sequence[str], *, name: str) -> str:
    """Return `text` without the keys. Raises `UsageError` where one is not there."""
    for key in keys:
        text = _unset(text, parse_key(key), name=name)
    return text


def parse_value(text: str) -> object:
    """Return the plain value of a TOML literal, `text` itself where it is not just one."""
    try:
        # A line break could end the value and begin another key.
        document = {} if "\n" in text or "\r" in text else tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return document["value"] if list(document) == ["value"] else text


def set_value(text: str, path: KeyPath, value: object, *, name: str) -> str:
    """Return `text` with one key set; tables on the way to it are made where they are missing."""
    document = parse(text, name=name)
    wanted = load(text, name=name)
    set_plain(wanted, path, value)
    if len(path) == 1 and path[0] not in document:
        return checked(_insert_at_top(text, path[0], value), wanted, path, name)
    put(document, path, value)
    return checked(same_line_ends(document.as_string(), text), wanted, path, name)


def same_line_ends(text: str, source: str) -> str:
    """Return `text` with CR LF throughout where `source` has that: new lines come with LF."""
    if "\r\n" not in source or _LONE_LF.search(source):
        return text
    return _LONE_LF.sub("\r\n", text)


def set_plain(values: dict[str, Any], path: KeyPath, value: object) -> None:
    """Set a key in plain values, as `put` does in a document.

    Raises `UsageError` where there is a value on the way, or a table at the end.
    """
    _plain_table(values, path)[path[-1]] = value


def put(document: tomlkit.TOMLDocument, path: KeyPath, value: object) -> None:
    """Set a key in a document; the caller checks what comes out with `checked`."""
    table: Any = document
    for depth, part in enumerate(path[:-1]):
        if part not in table:
            _add_table(table, path[depth:-1], path[-1], value, at_root=table is document)
            return
        table = table[part]
    _put(table, path[-1], value)


def _plain_table(table: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """Return the table that holds the last part of `path`, made where it is missing."""
    for depth, part in enumerate(path[:-1], 1):
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise UsageError(
                f"{format_key(path[:depth])} is a value, not a table",
                hint="unset it first, or edit the file",
            )
    if isinstance(table.get(path[-1]), dict) or _is_array_of_tables(table.get(path[-1])):
        raise UsageError(
            f"{format_key(path)} is a table, not a value",
            hint=f"set the keys in it, such as {format_key((*path, 'key'))}=..., or edit the file",
        )
    return table


def _is_array_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _put(table: Any, key: str, value: object) -> None:
    """Set a key in an existing table."""
    import tomlkit

    old = table.get(key)
    if isinstance(old, str) and isinstance(value, str):
        table[key] = _like(old, value)
    else:
        table[key] = tomlkit.item(value)


def _like(old: Any, value: str) -> Any:
    """Return a string quoted as `old` is, where that can hold `value`."""
    import tomlkit

    if old.as_string().startswith("'") and not old.as_string().startswith("'''"):
        try:
            return tomlkit.string(value, literal=True)
        except ValueError:
            pass
    return tomlkit.string(value)


def _insert_at_top(text: str, key: str, value: object) -> str:
    """Return `text` with a new key at the top level, before the first table.

    After a table's header it would belong to that table. tomlkit appends at the end, so this
    works on the lines; a wrong guess (a line of a long string that looks like a header) does not
    get past `checked`.
    """
    import tomlkit

    newline = "\r\n" if "\r\n" in text else "\n"
    fresh = tomlkit.document()
    fresh.append(tomlkit.key([key]), tomlkit.item(value))
    line = fresh.as_string().rstrip("\n") + newline
    lines = text.splitlines(keepends=True)
    at = next((i for i, each in enumerate(lines) if each.lstrip().startswith("[")), len(lines))
    if at == len(lines):
        gap = "" if not text or text.endswith("\n") else newline
        return f"{text}{gap}{line}"
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1  # the comment above a table belongs to it
    return "".join((*lines[:at], line, newline, *lines[at:]))


def _add_table(table: Any, missing: KeyPath, key: str, value: object, *, at_root: bool) -> None:
    """Add the tables `missing`, one in the other, and the key in the last."""
    import tomlkit

    inline = isinstance(table, tomlkit.items.InlineTable)
    make = tomlkit.inline_table if inline else tomlkit.table
    innermost = make()
    innermost[key] = tomlkit.item(value)
    if not inline and not at_root:
        innermost.add(tomlkit.nl())
    item: Any = innermost
    for part in reversed(missing[1:]):
        outer = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=True)
        outer[part] = item
        item = outer
    if at_root and table.body and not table.as_string().endswith("\n\n"):
        table.add(tomlkit.nl())
    table[missing[0]] = item


def _unset(text: str, path: KeyPath, *, name: str) -> str:
    document = parse(text, name=name)
    wanted = load(text, name=name)
    table: Any = document
    plain: Any = wanted
    for part in path[:-1]:
        if not isinstance(plain, dict) or part not in plain:
            raise _missing(text, path)
        table, plain = table[part], plain[part]
    if not isinstance(plain, dict) or path[-1] not in plain:
        raise _missing(text, path)
    del table[path[-1]]
    del plain[path[-1]]
    return checked(document.as_string(), wanted, path, name)


def _missing(text: str, path: KeyPath) -> UsageError:
    from difflib import get_close_matches

    from tetra_es.config.changes import flatten

    key = format_key(path)
    near = get_close_matches(key, flatten(text), n=3)
    return UsageError(
        f"there is no key {key}",
        hint=f"did you mean {' or '.join(near)}?" if near else "`tetra-es show local` lists them",
    )


def checked(text: str, wanted: dict[str, Any], path: KeyPath, name: str) -> str:
    """Return `text` once it is sure to hold what was wanted: the TOML library has its defects."""
    try:
        found: object = tomllib.loads(text)
    except ValueError:
        found = None
    # repr tells 1 from 1.0 and true, and nan from nothing else.
    if repr(_sorted(found)) == repr(_sorted(wanted)):
        return text
    raise TetraEsError(
        f"{name}: {format_key(path)} cannot be changed here without disturbing the rest",
        hint="change it in the file itself: `tetra-es edit`",
    )


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
