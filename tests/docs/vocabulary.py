"""Finds words in pages and sources that the lists in `words/` say not to use."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LISTS = Path(__file__).parent / "words"

_ENTRY = re.compile(r"(\S.*?)  # (\S.*)")
_CODE = re.compile(r"`[^`]*`")
_TARGET = re.compile(r"\]\([^)]*\)")
_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_BEGINS = re.compile(r"\s*(?:[-*] |\d+\. |#|\||$)")
_STRINGS = (
    '"""(?:\\\\.|[^\\\\])*?"""',
    "'''(?:\\\\.|[^\\\\])*?'''",
    *(f"{q}(?:\\\\.|[^{q}\\\\\\n])*{q}" for q in "\"'"),
)
_COMMENT = re.compile("|".join([*_STRINGS, "#(?P<comment>[^\\n]*)"]), re.DOTALL)
"""A string, so that nothing in it is taken for one, or a comment."""


class Entry(NamedTuple):
    """A line of a list."""

    pattern: re.Pattern[str]
    instead: str


class Text(NamedTuple):
    """A paragraph, a comment or a string: what is read in one go."""

    line: int
    """Of the first line, from 1."""
    lines: Sequence[str]


class Finding(NamedTuple):
    """A word that is on a list."""

    line: int
    word: str
    instead: str


def read_list(name: str) -> list[Entry]:
    """Return the entries of a list. Raises `ValueError` for another line."""
    found = []
    for line in (LISTS / name).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        entry = _ENTRY.fullmatch(line)
        if not entry:
            raise ValueError(f"{name}: no pattern and replacement: {line!r}")
        found.append(Entry(re.compile(entry[1]), entry[2]))
    return found


def find_prose(texts: Iterable[Text], entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield what is on a list in some texts, whose line ends count as blanks."""
    for text in texts:
        joined, starts = "", []
        for line in text.lines:
            starts.append(len(joined))
            joined += " ".join(line.split()) + " "
        joined = _CODE.sub(lambda code: "`" * len(code[0]), joined)
        for entry in entries:
            for match in entry.pattern.finditer(joined.rstrip()):
                number = text.line + bisect_right(starts, match.start()) - 1
                yield Finding(number, match[0].strip(), entry.instead)


def find_names(tree: ast.Module, path: str, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield what is on a list among the names that a module defines, its own path included."""
    for line, name in [(1, path), *_defined(tree)]:
        for entry in entries:
            if entry.pattern.fullmatch(name.lstrip("_")):
                yield Finding(line, name, entry.instead)


def markdown(page: str) -> Iterator[Text]:
    """Yield the paragraphs, items, headings and rows of a page, without its blocks of code."""
    page = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), page)
    page = _TARGET.sub(lambda target: "]" + "\n" * target[0].count("\n"), page)
    block: list[str] = []
    for number, line in enumerate([*page.splitlines(), ""], start=1):
        if block and _BEGINS.match(line):
            yield Text(number - len(block), block)
            block = []
        if line.strip():
            block.append(line)


def python(source: str, tree: ast.Module) -> Iterator[Text]:
    """Yield the comments, docstrings and other strings of a module."""
    yield from _comments(source)
    yield from _strings(tree)


def _comments(source: str) -> Iterator[Text]:
    comments = []
    number, end = 1, 0
    for match in _COMMENT.finditer(source):
        if match["comment"] is not None:
            number, end = number + source.count("\n", end, match.start()), match.start()
            comments.append((number, match["comment"].lstrip("#: ")))
    runs = groupby(enumerate(comments), key=lambda item: item[1][0] - item[0])
    for _, run in runs:
        lines = [comment for _, comment in run]
        yield Text(lines[0][0], [text for _, text in lines])


def _strings(tree: ast.AST) -> Iterator[Text]:
    for node in _children(tree):
        if isinstance(node, ast.JoinedStr):
            yield Text(node.lineno, "".join(map(_part, node.values)).split("\n"))
            for value in node.values:
                if isinstance(value, ast.FormattedValue):
                    yield from _strings(value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _paragraphs(node.lineno, node.value)
        else:
            yield from _strings(node)


def _paragraphs(line: int, text: str) -> Iterator[Text]:
    yield from (Text(line + part.line - 1, part.lines) for part in markdown(text))


def _part(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else "{}"


def _defined(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in _children(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.isupper():
            yield node.lineno, node.id
        if not isinstance(node, _LEAVES):
            yield from _defined(node)


_LEAVES = (ast.Name, ast.Constant, ast.Load, ast.Store)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What `ast.iter_child_nodes` yields, in half of the time."""
    for value in vars(node).values():
        if isinstance(value, ast.AST):
            yield value
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, ast.AST))
