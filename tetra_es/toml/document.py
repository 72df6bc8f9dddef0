"""Reading TOML, with errors that say where."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from tetra_es.errors import ConfigError
from tetra_es.toml.keys import format_key
from tetra_es.toml.redact import redact_line
from tetra_es.toml.statements import is_below, statements

if TYPE_CHECKING:
    import tomlkit

    from tetra_es.toml.keys import KeyPath

_POSITION = re.compile(r" \(?at (?:line (\d+),? col(?:umn)? (\d+)|end of document)\)?$")
_SHOWN = 80
_DEEPEST = 100
"""Levels of tables and arrays; tomlkit, too, takes no more."""


def parse(text: str, *, name: str) -> tomlkit.TOMLDocument:
    """Return the document, which keeps comments, order and formatting.

    `name` is what the file is called in messages. Raises `ConfigError` with line and column.
    """
    load(text, name=name)
    # tomlkit takes 10 ms for a large file and 20 ms to import; checking alone does without.
    import tomlkit

    try:
        return tomlkit.parse(text)
    except Exception as error:  # besides its own errors it lets slip whatever an odd text causes
        what = _POSITION.sub("", str(error)) or type(error).__name__
        line = getattr(error, "line", 1)
        raise _error(name, text, line, getattr(error, "col", 0) + 1, what) from error


def load(text: str, *, name: str) -> dict[str, Any]:
    """Return the plain values of a TOML text. Raises `ConfigError` with line and column."""
    try:
        return _read(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(name, text, str(error)) from error
    except (RecursionError, ValueError) as error:
        deep = isinstance(error, RecursionError)
        what = f"nested deeper than {_DEEPEST} levels" if deep else "a number that is too long"
        raise _error(name, text, _line_beyond_reason(text), 1, what) from error


def line_of(text: str, path: KeyPath) -> int | None:
    """Return the line (from 1) of the key or table at `path` in a valid text.

    A table without a header is where its first key is, a key in an inline table where that
    begins. None where there is none; elements of arrays have their index for a part.
    """
    first: int | None = None
    inline: int | None = None
    line = 1
    for statement in statements(text):
        if statement.path:
            if statement.path == path:
                return line
            if first is None and is_below(statement.path, path):
                first = line
            if is_below(path, statement.path) and statement.kind == "key":
                inline = line
        line += statement.text.count("\n")
    return first or (inline if inline and _exists(tomllib.loads(text), path) else None)


def located(name: str, text: str, path: KeyPath, problem: str, *, hint: str) -> ConfigError:
    """Return the error for a wrong or missing value: `file:line: key: problem`."""
    lines = (line_of(text, path[:length]) for length in range(len(path), 0, -1))
    line = next(filter(None, lines), 1)
    return ConfigError(_printable(f"{name}:{line}: {format_key(path)}: {problem}"), hint=hint)


def _read(text: str) -> dict[str, Any]:
    """Return the plain values, of a depth that what walks over them can bear."""
    values = tomllib.loads(text)
    level: list[Any] = [values]
    for _ in range(_DEEPEST):
        inner = [item.values() if isinstance(item, dict) else item for item in level]
        level = [item for items in inner for item in items if isinstance(item, (dict, list))]
        if not level:
            return values
    raise RecursionError


def _exists(value: Any, path: KeyPath) -> bool:
    try:
        for part in path:
            value = value[int(part) if isinstance(value, list) else part]
    except (KeyError, IndexError, ValueError, TypeError):
        return False
    return True


def _line_beyond_reason(text: str) -> int:
    """Return the line that `_read` gives up at without saying where."""
    lines = text.split("\n")
    low, high = 1, len(lines)
    while low < high:
        middle = (low + high) // 2
        try:
            _read("\n".join(lines[:middle]))
        except tomllib.TOMLDecodeError:
            low = middle + 1
        except (RecursionError, ValueError):
            high = middle
        else:
            low = middle + 1
    return low


def _syntax_error(name: str, text: str, message: str) -> ConfigError:
    match = _POSITION.search(message)
    what = message[: match.start()] if match else message
    if match and match[1]:
        return _error(name, text, int(match[1]), int(match[2]), what)
    lines = text.splitlines() or [""]
    return _error(name, text, len(lines), len(lines[-1]) + 1, f"{what}, at the end of the file")


def _error(name: str, text: str, line: int, column: int, what: str) -> ConfigError:
    lines = text.split("\n")
    shown = redact_line(lines[line - 1].strip()) if 0 < line <= len(lines) else ""
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN] + "…"
    what = " ".join(what.split())
    if not what[1:2].isupper():
        what = what[:1].lower() + what[1:]
    return ConfigError(
        _printable(f"{name}:{line}:{column}: {what}: {shown}"),
        hint="mend that line; nothing was recorded",
    )


def _printable(message: str) -> str:
    """Return a message in which a text's control characters can do nothing to a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in message)
