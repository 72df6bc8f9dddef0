"""A document as its statements: where a new key or table goes, and what goes with a removed one.

Lines are put where a person would put them: a key after the last one of its table, a table after
the last one beside it. The comment right above a header belongs to that header.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tetra_es.toml.keys import Index, format_key, is_below
from tetra_es.toml.statements import Statement

if TYPE_CHECKING:
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath

_LONE_LF = re.compile(r"(?<!\r)\n")
_INDENT = re.compile(r"[ \t]*")
_HEADERS = ("table", "array")


class Body:
    """The statements of a document, being changed."""

    def __init__(self, document: ConfigDocument) -> None:
        """Begin with a document's."""
        self._all = list(document.statements)
        # Where a text has line ends of both kinds, they stay as they are.
        mixed = _LONE_LF.search(document.text)
        self._newline = "\r\n" if "\r\n" in document.text and not mixed else "\n"

    def text(self) -> str:
        """Return the text."""
        return "".join(statement.text for statement in self._all)

    def with_key(self, path: KeyPath) -> Statement | None:
        """Return the statement of a key, or that of the inline table that it is or would be in."""
        return next((s for s in self._all if s.kind == "key" and is_below(path, s.path)), None)

    def mentions(self, path: KeyPath) -> bool:
        """Return whether any statement makes the table at `path`, or something in it."""
        return any(is_below(s.path, path) for s in self._all)

    def rewrite(self, statement: Statement, text: str) -> None:
        """Give a statement another text; its key stays."""
        self._all[self._all.index(statement)] = statement._replace(text=text)

    def add(self, path: KeyPath, literal: str, near: KeyPath) -> None:
        """Add a key that is not there; `near` is the nearest table around it that is."""
        keys = [s for s in self._all if s.kind == "key" and is_below(s.path, near)]
        header = next((s for s in self._all if s.kind in _HEADERS and s.path == near), None)
        dotted = [s for s in keys if len(s.table) < len(near)]
        own = [s for s in keys if s.table == near]
        if dotted:
            # A table that is made by dotted keys can have no header.
            self._add_key(dotted[-1], path, literal)
        elif near == path[:-1] and (header or not near):
            self._add_key(own[-1] if own else header, path, literal)
        elif near == path[:-1]:
            # [a.b] alone makes a table a, whose own header then goes before.
            first = next(n for n, s in enumerate(self._all) if is_below(s.path, near))
            self._insert(self._above(first), *_section(path, literal, near), None)
        else:
            last = max(n for n, s in enumerate(self._all) if is_below(s.path, near)) if near else -1
            at = last + 1 or len(self._all)
            gap = [None] if at and self._all[at - 1].kind != "blank" else []
            self._insert(at, *gap, *_section(path, literal, near))

    def remove(self, path: KeyPath) -> None:
        """Take out a key's statement, or a table's with the comments that belong to it."""
        gone: set[int] = set()
        before = -1  # the last line that was neither a comment nor blank
        for index, statement in enumerate(self._all):
            if not statement.path:
                continue
            if is_below(statement.path, path):
                if statement.kind != "key":
                    gone.update(range(self._with_gap(index), index))
                elif is_below(statement.table, path):
                    gone.update(range(before + 1, index))
                gone.add(index)
            before = index
        self._all = [s for index, s in enumerate(self._all) if index not in gone]

    def _add_key(self, after: Statement | None, path: KeyPath, literal: str) -> None:
        """Add a line after a statement; None stands for a top level without keys."""
        if after:
            indent = _INDENT.match(after.text)
            new = _key(after.table, path, literal, indent=indent[0] if indent else "")
            self._insert(self._all.index(after) + 1, new)
            return
        first = next((n for n, s in enumerate(self._all) if s.path), None)
        if first is None:
            self._insert(len(self._all), _key((), path, literal))
        else:
            self._insert(self._above(first), _key((), path, literal), None)

    def _insert(self, at: int, *new: Statement | None) -> None:
        """Insert statements, which come without line ends; None stands for a blank line."""
        if at and not self._all[at - 1].text.endswith("\n"):
            last = self._all[at - 1]
            self._all[at - 1] = last._replace(text=last.text + self._newline)
        lines = (statement or Statement("", "blank", (), ()) for statement in new)
        self._all[at:at] = [line._replace(text=line.text + self._newline) for line in lines]

    def _above(self, at: int) -> int:
        """Return where the comment begins that stands right above a statement."""
        while at and self._all[at - 1].kind == "comment":
            at -= 1
        return at

    def _with_gap(self, at: int) -> int:
        """Return where what goes with a removed header begins: its comment, one blank line."""
        start = self._above(at)
        if start == 0:
            return at  # a comment at the top is about the file
        return start - 1 if self._all[start - 1].kind == "blank" else start


def _key(table: KeyPath, path: KeyPath, literal: str, *, indent: str = "") -> Statement:
    line = f"{indent}{format_key(path[len(table) :])} = {literal}"
    return Statement(line, "key", path, table)


def _section(path: KeyPath, literal: str, near: KeyPath) -> tuple[Statement, Statement]:
    """Return a header and the first key below it; `near` has what is there already."""
    if isinstance(path[len(near)], Index):  # another element of an array of tables
        table = path[: len(near) + 1]
        header = Statement(f"[[{_header(table)}]]", "array", table, table)
    else:
        table = path[:-1]
        header = Statement(f"[{_header(table)}]", "table", table, table)
    return header, _key(table, path, literal)


def _header(table: KeyPath) -> str:
    """Return the name of a table in its header, where arrays stand for their last elements."""
    return format_key(tuple(part for part in table if not isinstance(part, Index)))
