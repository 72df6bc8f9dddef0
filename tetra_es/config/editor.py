"""Change keys of a TOML text; every other byte of it stays.

Values that exist, and tables that do not, are changed in tomlkit's document. A new key in a
table that exists is put in as a line of its own after the table's last key: tomlkit would put it
after the comments that follow, which belong to the next table. Whatever was done, the text that
comes out must hold exactly the values that were wanted.
"""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tetra_es.config.document import load, parse
from tetra_es.config.keys import format_key
from tetra_es.errors import TetraEsError, UsageError

if TYPE_CHECKING:
    from tetra_es.config.keys import KeyPath

_LONE_LF = re.compile(r"(?<!\r)\n")


class Editor:
    """One text, being changed."""

    def __init__(self, text: str, *, name: str) -> None:
        """Begin with `text`; `name` is what it is called in messages. Raises `ConfigError`."""
        self._source = text
        self._name = name
        self._document = parse(text, name=name)
        self._new: dict[KeyPath, dict[str, object]] = {}
        self.values: dict[str, Any] = load(text, name=name)
        """The plain values, as changed so far."""

    def set(self, path: KeyPath, value: object) -> None:
        """Set a key; tables on the way to it are made where they are missing.

        Raises `UsageError` where there is a value on the way, or a table at the end.
        """
        _plain_table(self.values, path)[path[-1]] = value
        table: Any = self._document
        for depth, part in enumerate(path[:-1]):
            if part not in table:
                _add_table(table, path[depth:-1], path[-1], value, root=depth == 0)
                return
            table = table[part]
        if path[-1] in table:
            _replace(table, path[-1], value)
        else:
            self._new.setdefault(path[:-1], {})[path[-1]] = value

    def remove(self, path: KeyPath) -> None:
        """Remove a key or table. Raises `KeyError` where there is none."""
        table: Any = self.values
        for part in path[:-1]:
            table = table[part]
            if not isinstance(table, dict):
                raise KeyError(part)
        del table[path[-1]]
        if path[-1] in self._new.get(path[:-1], {}):
            del self._new[path[:-1]][path[-1]]
            return
        item: Any = self._document
        for part in path[:-1]:
            item = item[part]
        del item[path[-1]]

    def at(self, path: KeyPath) -> Any:
        """Return the plain value of a key or table. Raises `KeyError` where there is none."""
        value: Any = self.values
        for part in path:
            value = value[part]
        return value

    def text(self) -> str:
        """Return the changed text.

        Raises `TetraEsError` rather than return one that does not hold what was wanted.
        """
        for render in (self._with_lines, self._in_document):
            text = _same_line_ends(render(), self._source)
            if _holds(text, self.values):
                return text
        keys = [format_key((*path, key)) for path, new in self._new.items() for key in new]
        raise TetraEsError(
            f"{self._name} cannot be changed without disturbing the rest: "
            f"{', '.join(keys) or 'its tables are written in an unusual order'}",
            hint="change it in the file itself: `tetra-es edit`",
        )

    def _with_lines(self) -> str:
        """Return the text with the new keys as lines after the last key of their tables."""
        import tomlkit

        lines = self._document.as_string().splitlines(keepends=True)
        added: list[tuple[int, str]] = []
        marked = parse(self._document.as_string(), name=self._name)
        for number, (path, new) in enumerate(self._new.items()):
            rendered = "".join(
                f"{format_key((key,))} = {tomlkit.item(value).as_string()}\n"
                for key, value in new.items()
            )
            at = _line_after_last_key(marked, path, f"\ue000{number}\ue000")
            if not path and at < len(lines) and lines[at].lstrip()[:1] in ("[", "#"):
                rendered += "\n"  # a blank line between the top level and the first table
            added.append((at, rendered))
        for at, rendered in sorted(added, reverse=True):
            if at and not lines[at - 1].endswith("\n"):
                lines[at - 1] += "\n"
            lines.insert(at, rendered)
        return "".join(lines)

    def _in_document(self) -> str:
        """Return the text with the new keys where tomlkit puts them: for tables in one line."""
        import tomlkit

        document = parse(self._document.as_string(), name=self._name)
        for path, new in self._new.items():
            table: Any = document
            for part in path:
                table = table[part]
            for key, value in new.items():
                table[key] = tomlkit.item(value)
        return document.as_string()


def _line_after_last_key(document: Any, path: KeyPath, marker: str) -> int:
    """Return how many lines of the document come before a new key of the table at `path`.

    The table's last key gets `marker` for a comment, which then shows where the key ends, even
    one of several lines. 0 where the table has no key to go by.
    """
    from tomlkit.items import AoT, Table

    table: Any = document
    for part in path:
        table = table[part]
    body = getattr(table if table is document else table.value, "body", ())
    keys = [
        item
        for key, item in body
        if key is not None and not key.is_dotted() and not isinstance(item, (Table, AoT))
    ]
    if not keys:
        return _header_line(document, path)
    keys[-1].comment(marker)
    before = document.as_string().partition(marker)[0]
    return int(before.count("\n")) + 1


def _header_line(document: Any, path: KeyPath) -> int:
    """Return the line of a table's header; for the top level, where its keys would go."""
    from tetra_es.config.document import line_of

    text = document.as_string()
    if path:
        return line_of(text, path) or 0
    lines = text.splitlines()
    at = next((n for n, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1  # the comment above a table belongs to it
    return int(at)


def _plain_table(table: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """Return the table that holds the last part of `path`, made where it is missing."""
    for depth, part in enumerate(path[:-1], 1):
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise UsageError(
                f"{format_key(path[:depth])} is a value, not a table",
                hint="unset it first, or edit the file",
            )
    old = table.get(path[-1])
    if isinstance(old, dict) or (isinstance(old, list) and any(isinstance(i, dict) for i in old)):
        raise UsageError(
            f"{format_key(path)} is a table, not a value",
            hint=f"set the keys in it, such as {format_key((*path, 'key'))}=..., or edit the file",
        )
    return table


def _replace(table: Any, key: str, value: object) -> None:
    """Give a key another value, in quotes of the kind it had."""
    import tomlkit

    item = tomlkit.item(value)
    old = table[key]
    if isinstance(old, str) and isinstance(value, str):
        old_literal = old.as_string() if hasattr(old, "as_string") else ""
        if old_literal.startswith("'") and not old_literal.startswith("'''"):
            with suppress(ValueError):  # not every string can be written as a literal one
                item = tomlkit.string(value, literal=True)
    table[key] = item


def _add_table(table: Any, missing: KeyPath, key: str, value: object, *, root: bool) -> None:
    """Add the tables `missing`, one in the other, and the key in the last."""
    import tomlkit

    inline = isinstance(table, tomlkit.items.InlineTable)
    innermost = tomlkit.inline_table() if inline else tomlkit.table()
    innermost[key] = tomlkit.item(value)
    if not inline and not root:
        innermost.add(tomlkit.nl())
    item: Any = innermost
    for part in reversed(missing[1:]):
        outer = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=True)
        outer[part] = item
        item = outer
    if root and table.body and not table.as_string().endswith("\n\n"):
        table.add(tomlkit.nl())
    table[missing[0]] = item


def _same_line_ends(text: str, source: str) -> str:
    """Return `text` with CR LF throughout where `source` has that: new lines come with LF."""
    if "\r\n" not in source or _LONE_LF.search(source):
        return text
    return _LONE_LF.sub("\r\n", text)


def _holds(text: str, wanted: dict[str, Any]) -> bool:
    try:
        found = tomllib.loads(text)
    except ValueError:
        return False
    # repr tells 1 from 1.0 and true, and nan from everything else.
    return repr(_sorted(found)) == repr(_sorted(wanted))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
