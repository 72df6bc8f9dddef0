"""Dotted keys, as TOML writes them: `ports.tetra`, `hosts."a.b".port`.

TOML has no way to name one element of an array. Where people name keys, its number stands in
brackets after the array: `http.routers[0].name`.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import lru_cache
from typing import TypeAlias

from tetra_es.errors import UsageError
from tetra_es.toml.lexical import READS_LATER, later_at

KeyPath: TypeAlias = tuple[str, ...]
"""The parts of a dotted key, without quotes."""


class Index(str):
    """The number of an element of an array, from 0, for a part of a key."""

    __slots__ = ()


QUOTED = r'"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
"""Pattern of a string on one line, in either kind of quotes."""

_PART = rf"(?:[A-Za-z0-9_-]+|{QUOTED})"

DOTTED = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
"""Pattern of a dotted key. It does not look into quoted parts."""

_EACH = re.compile(_PART)
_KEY = re.compile(rf"[ \t]*{DOTTED}[ \t]*", re.ASCII)
_INDICES = r"(?:[ \t]*\[(?:0|[1-9][0-9]{0,8})\])+"
_INDEXED = re.compile(rf"[ \t]*({DOTTED})({_INDICES})?[ \t]*(?:\.|\Z)", re.ASCII)
_INDEX = re.compile(r"\[([0-9]+)\]", re.ASCII)
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_JSON = json.JSONEncoder(ensure_ascii=False)
_BARE_PARTS = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*", re.ASCII)


def parse_key(text: str) -> KeyPath:
    """Return the parts of a dotted key. Raises `UsageError` when it is not one."""
    if _BARE_PARTS.fullmatch(text):
        return tuple(text.split("."))
    problem = UsageError(
        f"not a key: {text!r}", hint='a key is such as ports.tetra or hosts."a.b".port'
    )
    # Anything else in front of the `=` could be read as other TOML than a key.
    if not _KEY.fullmatch(text) or not is_text(text):
        raise problem
    try:
        return tuple(map(_plain, _EACH.findall(text)))
    except ValueError:
        raise problem from None


def _plain(part: str) -> str:
    """Return one part of a key without its quotes. Raises `ValueError` where it is not TOML.

    Each for itself: the time that `tomllib` takes for a key grows with the square of its parts.
    """
    if part[0] not in "\"'":
        return part
    if READS_LATER and later_at(part) is not None:
        raise ValueError(part)
    (name,) = tomllib.loads(f"{part} = 0")
    return name


def parse_element_key(text: str) -> KeyPath:
    """Return the parts of a dotted key that may name elements of arrays, with an `Index` for each.

    Raises `UsageError` when it is not one.
    """
    if "[" not in text:
        return parse_key(text)
    path: list[str] = []
    at, end = 0, "."
    while end == ".":
        match = _INDEXED.match(text, at)
        if match is None:
            return parse_key(text)  # a bracket in quotes, or no key at all
        path += [*parse_key(match[1]), *map(Index, _INDEX.findall(match[2] or ""))]
        at, end = match.end(), match[0][-1:]
    return tuple(path)


def is_below(path: KeyPath, table: KeyPath) -> bool:
    """Return whether `path` is `table` or something in it."""
    return path[: len(table)] == table


def format_key(path: KeyPath) -> str:
    """Return the dotted key of `path`, parts quoted where TOML needs it."""
    key = ""
    for part in path:
        if isinstance(part, Index):
            key += f"[{part}]"
        else:
            key += f".{format_part(part)}" if key else format_part(part)
    return key


@lru_cache(maxsize=4096)
def format_part(part: str) -> str:
    """Return one part of a dotted key, in quotes where TOML needs them."""
    return part if _BARE.fullmatch(part) else quote(part)


def is_text(text: str) -> bool:
    """Return whether `text` can be written as UTF-8: arguments may hold bytes that are not text."""
    return all(not "\ud800" <= char <= "\udfff" for char in text)


def quote(text: str) -> str:
    """Return `text` as a TOML basic string."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    # JSON's escapes are TOML's, but for DEL, which TOML does not allow to stand as it is.
    return _JSON.encode(text).replace("\x7f", "\\u007f")
