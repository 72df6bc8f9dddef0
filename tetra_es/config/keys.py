"""Dotted keys, as TOML writes them: `ports.tetra`, `hosts."a.b".port`."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TypeAlias

from tetra_es.errors import UsageError

KeyPath: TypeAlias = tuple[str, ...]
"""The parts of a dotted key, without quotes."""

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def parse_key(text: str) -> KeyPath:
    """Return the parts of a dotted key. Raises `UsageError` when it is not one."""
    problem = UsageError(
        f"not a key: {text!r}", hint='a key is such as ports.tetra or hosts."a.b".port'
    )
    # A line break or a comment would end the key early and let the rest be read as TOML.
    if "\n" in text or "\r" in text:
        raise problem
    try:
        value: object = tomllib.loads(f"{text} = 0")
    except (tomllib.TOMLDecodeError, RecursionError):
        raise problem from None
    path: list[str] = []
    while isinstance(value, dict):
        if len(value) != 1:
            raise problem
        part, value = next(iter(value.items()))
        path.append(part)
    if value != 0 or isinstance(value, bool):
        raise problem
    return tuple(path)


def format_key(path: KeyPath) -> str:
    """Return the dotted key of `path`, parts quoted where TOML needs it."""
    return ".".join(part if _BARE.fullmatch(part) else quote(part) for part in path)


def quote(text: str) -> str:
    """Return `text` as a TOML basic string."""
    # JSON's escapes are TOML's, but for DEL, which TOML does not allow to stand as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
