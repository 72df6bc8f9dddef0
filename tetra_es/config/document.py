"""Reading TOML, with errors that say where."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from tetra_es.errors import ConfigError

if TYPE_CHECKING:
    import tomlkit

    from tetra_es.config.keys import KeyPath

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SHOWN = 80


def parse(text: str, *, name: str) -> tomlkit.TOMLDocument:
    """Return the document, which keeps comments, order and formatting.

    `name` is what the file is called in messages. Raises `ConfigError` with line and column.
    """
    load(text, name=name)
    # tomlkit takes 10 ms for a large file and 20 ms to import; checking alone does without.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text)
    except (TOMLKitError, ValueError, RecursionError) as error:
        line = getattr(error, "line", 1)
        raise _error(name, text, line, getattr(error, "col", 0) + 1, str(error)) from error


def load(text: str, *, name: str) -> dict[str, Any]:
    """Return the plain values of a TOML text. Raises `ConfigError` with line and column."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(name, text, str(error)) from error
    except (RecursionError, ValueError) as error:
        # Arrays nested beyond reason, and dates that no calendar has.
        raise _error(name, text, 1, 1, str(error)) from error


def line_of(text: str, path: KeyPath) -> int | None:
    """Return the line (from 1) of the key at `path` in a valid text, None where it has none.

    tomlkit keeps no positions; a value nobody else has, put in place of the key's own, is found
    in what it renders.
    """
    document = parse(text, name="")
    table: Any = document
    marker = "\ue000here\ue000"
    try:
        for part in path[:-1]:
            table = table[int(part) if isinstance(table, list) else part]
        if path[-1] not in table:
            return None
        if hasattr(table[path[-1]], "items"):
            return _header_line(text, path)
        table[path[-1]] = marker
        before, found, _ = document.as_string().partition(marker)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None
    return before.count("\n") + 1 if found else None


def located(name: str, text: str, path: KeyPath, problem: str, *, hint: str) -> ConfigError:
    """Return the error for a wrong value: `file:line: key: problem`."""
    from tetra_es.config.keys import format_key

    line = line_of(text, path)
    place = f"{name}:{line}" if line else name
    return ConfigError(f"{place}: {format_key(path)}: {problem}", hint=hint)


def _header_line(text: str, path: KeyPath) -> int | None:
    """Return the line of a table's own header, which no value stands for."""
    from tetra_es.config.keys import parse_key
    from tetra_es.errors import UsageError

    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?(.+?)\]", line)
        try:
            if header and parse_key(header[1]) == path:
                return number
        except UsageError:
            continue
    return None


def _syntax_error(name: str, text: str, message: str) -> ConfigError:
    match = _POSITION.search(message)
    what = message[: match.start()] if match else message
    if match and match[1]:
        return _error(name, text, int(match[1]), int(match[2]), what)
    lines = text.splitlines() or [""]
    return _error(name, text, len(lines), len(lines[-1]) + 1, f"{what}, at the end of the file")


def _error(name: str, text: str, line: int, column: int, what: str) -> ConfigError:
    lines = text.split("\n")
    shown = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in shown)
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN] + "…"
    what = " ".join(what.split())
    return ConfigError(
        f"{name}:{line}:{column}: {what[:1].lower()}{what[1:]}: {shown}",
        hint="mend that line; nothing was recorded",
    )
