"""Where things stand in a TOML text: its headers, keys and values, line by line.

No TOML library tells positions. A text that is known to be valid can be taken apart with little:
only strings and brackets matter, and strings are what a `#`, a bracket or a line end may hide in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tetra_es.toml.keys import DOTTED, QUOTED, Index, format_key, parse_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tetra_es.toml.keys import KeyPath

Kind: TypeAlias = Literal["table", "array", "key", "comment", "blank"]

_LINE = re.compile(r"[^\n]*(?:\n|\Z)")
# What most lines are: a bare key, and a value that ends where the line or its comment begins.
_PLAIN = re.compile(
    r"[ \t]*([A-Za-z0-9_-]+)[ \t]*=[ \t]*"
    r'(?:"(?:\\.|[^"\\\n])*"(?!")|[^"\'\[{#\n]+)[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)',
    re.ASCII,
)
_KEY = re.compile(rf"[ \t]*(?:\[\[?[ \t]*)?({DOTTED})[ \t]*=?", re.ASCII)
# A multi-line string may end in up to two quotes of its own before the three that close it.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'
    rf"|{QUOTED}|(?P<comment>#[^\n]*)|(?P<open>[\[{{])|(?P<close>[\]}}])|(?P<end>\n)"
    r"|[^\"'#\[\]{}\n]+",
    re.DOTALL,
)


NUMBER_OR_TIME = re.compile(r"[-+]?(?:\d|inf|nan)")
"""How the values begin that can be written in several ways on one line; strings aside."""


class Statement(NamedTuple):
    """One statement with its whole lines, or a line that has none."""

    text: str
    """With the line end, if it has one. All texts joined give the whole."""
    kind: Kind
    """A header of a table or of an array's element, a key with its value, or neither."""
    path: KeyPath
    """Of the table or key, whole. An array's elements have their index, from 0, for a part."""
    table: KeyPath
    """Of the table whose header this is or stands below."""


def statements(text: str) -> list[Statement]:
    """Return the statements of a valid TOML text, in order."""
    found: list[Statement] = []
    table: KeyPath = ()
    elements: dict[KeyPath, int] = {}
    at = 0
    while at < len(text):
        if plain := _PLAIN.match(text, at):
            found.append(Statement(plain[0], "key", (*table, plain[1]), table))
            at = plain.end()
            continue
        end = _line_end(text, at)
        line = text[at:end].strip()
        if not line or line[0] == "#":
            found.append(Statement(text[at:end], "comment" if line else "blank", (), table))
        elif line[0] == "[":
            array = line.startswith("[[")
            table = _header_path(_key(text, at)[0], elements, array=array)
            found.append(Statement(text[at:end], "array" if array else "table", table, table))
        else:
            key, value = _key(text, at)
            end = _line_end(text, _value_end(text, value))
            found.append(Statement(text[at:end], "key", table + key, table))
        at = end
    return found


def numbers_and_times(found: Iterable[Statement]) -> dict[str, str]:
    """Return key to text of the numbers and times that have a statement of their own."""
    texts = {}
    for statement in found:
        if statement.kind == "key":
            start, end = value_span(statement.text)
            if NUMBER_OR_TIME.match(text := statement.text[start:end]):
                texts[format_key(statement.path)] = text
    return texts


def value_span(text: str) -> tuple[int, int]:
    """Return where the value begins and ends in the text of a key's statement."""
    start = _key(text, 0)[1]
    while text[start] in " \t":
        start += 1
    depth, at, end = 0, start, start
    while match := _TOKEN.match(text, at):
        if depth == 0 and match.lastgroup in ("comment", "end"):
            break
        depth += (match.lastgroup == "open") - (match.lastgroup == "close")
        at = match.end()
        end = max(end, at - len(match[0]) + len(match[0].rstrip()))
    return start, end


def _key(text: str, at: int) -> tuple[KeyPath, int]:
    """Return the key that a statement begins with, and where the text goes on after it."""
    match = _KEY.match(text, at)
    if match is None:
        raise ValueError(f"no key at {at}")
    return parse_key(match[1]), match.end()


def _line_end(text: str, at: int) -> int:
    match = _LINE.match(text, at)
    return match.end() if match else len(text)


def _value_end(text: str, at: int) -> int:
    """Return where the line that a value ends in has its comment or its end."""
    depth = 0
    while match := _TOKEN.match(text, at):
        if depth == 0 and match.lastgroup in ("comment", "end"):
            break
        depth += (match.lastgroup == "open") - (match.lastgroup == "close")
        at = match.end()
    return at


def _header_path(key: KeyPath, elements: dict[KeyPath, int], *, array: bool) -> KeyPath:
    """Return a header's path: the name of an array stands for its last element so far."""
    path: KeyPath = ()
    for part in key[:-1]:
        path += (part,)
        if path in elements:
            path += (Index(elements[path]),)
    path += key[-1:]
    if not array:
        return path
    elements[path] = elements.get(path, -1) + 1
    return (*path, Index(elements[path]))
