"""Reading a TOML text, with errors that say where."""

from __future__ import annotations

import re
import tomllib
from ast import literal_eval
from typing import Any

from tetra_es.errors import ConfigError
from tetra_es.lines import lines_of
from tetra_es.toml.keys import format_key
from tetra_es.toml.lexical import DEEPEST, READS_LATER, has_long_key, later_at
from tetra_es.toml.redact import printable, redact_line

_POSITION = re.compile(r" \(?at (?:line (\d+),? col(?:umn)? (\d+)|end of document)\)?$")
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_SAVE_WITHOUT = "save the file in UTF-8 without a byte order mark (BOM)"
_SHOWN = 80
_FIX = "fix that line; nothing was recorded"
_PLAINER = (
    (r"(?:Illegal|Found invalid) character '\\n'", "no quote ends this text on its line"),
    (r"Cannot overwrite a value", "this key has a value already"),
    (r"Cannot declare (\(.+\)) twice", "the table {} is there already"),
    (
        r"Cannot (?:mutate immutable|redefine) namespace (\(.+\))",
        "{} was given before: nothing can be added to it here",
    ),
    (r"Duplicate inline table key (['\"].*)", "the key {} is there already"),
)
"""What tomllib says in words of its own, with keys as Python writes them, and what it means."""


class _Later(ValueError):
    """At a position of the text is something of a later TOML, which other machines do not read."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def read_values(text: str) -> dict[str, Any]:
    """Return the plain values of a TOML text, of a depth that what walks over them can bear.

    Raises `ValueError` or `RecursionError` where it is not valid, which `located` explains.
    """
    if has_long_key(text):
        raise RecursionError
    if READS_LATER and (at := later_at(text)) is not None:
        raise _Later(at)
    values = tomllib.loads(text)
    level: list[Any] = [values]
    for _ in range(DEEPEST):
        inner = [item.values() if isinstance(item, dict) else item for item in level]
        level = [item for items in inner for item in items if isinstance(item, (dict, list))]
        if not level:
            return values
    raise RecursionError


def located(error: Exception, text: str, *, name: str) -> ConfigError:
    """Return the error for people that stands for one of `read_values`, with line and column."""
    if text.startswith(_BOM):
        return _error(name, text[1:], 1, 1, "begins with a byte order mark", _SAVE_WITHOUT)
    if isinstance(error, tomllib.TOMLDecodeError):
        return _syntax_error(name, text, str(error))
    if isinstance(error, _Later):
        line, column = text.count("\n", 0, error.at) + 1, error.at - text.rfind("\n", 0, error.at)
        return _error(name, text, line, column, "it has what only TOML 1.1 has")
    deep = isinstance(error, RecursionError)
    what = f"nested deeper than {DEEPEST} levels" if deep else "a number that is too long"
    return _error(name, text, _line_beyond_reason(text), 1, what)


def _line_beyond_reason(text: str) -> int:
    """Return the line that `read_values` gives up at without saying where."""
    lines = text.split("\n")
    low, high = 1, len(lines)
    while low < high:
        middle = (low + high) // 2
        try:
            read_values("\n".join(lines[:middle]))
        except tomllib.TOMLDecodeError:
            low = middle + 1
        except (RecursionError, ValueError):
            high = middle
        else:
            low = middle + 1
    return low


def _syntax_error(name: str, text: str, message: str) -> ConfigError:
    match = _POSITION.search(message)
    what = _plainer(message[: match.start()] if match else message)
    if match and match[1]:
        return _error(name, text, int(match[1]), int(match[2]), what)
    lines = lines_of(text) or [""]
    return _error(name, text, len(lines), len(lines[-1]) + 1, f"{what}, at the end of the file")


def _plainer(what: str) -> str:
    for pattern, meant in _PLAINER:
        if found := re.fullmatch(pattern, what):
            parts = literal_eval(found[1]) if found.groups() else ()
            return meant.format(format_key((parts,) if isinstance(parts, str) else parts))
    return what


def _error(
    name: str, text: str, line: int, column: int, what: str, hint: str = _FIX
) -> ConfigError:
    lines = text.split("\n")
    shown = redact_line(lines[line - 1].strip()) if 0 < line <= len(lines) else ""
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN] + "…"
    what = " ".join(what.split())
    if not what[1:2].isupper():
        what = what[:1].lower() + what[1:]
    return ConfigError(
        printable(f"{name}:{line}:{column}: {what}: {shown}"),
        hint=hint,
        line=line,
    )
