"""Canonical JSON (RFC 8785): the one byte string for a state, so that hashes can be recomputed."""

from __future__ import annotations

import json
from typing import Any, Final

import rfc8785

_EXACT = 2**53
"""Integers from here on are not exact in JSON."""

LEVELS: Final = 100
"""Objects and lists inside each other that a state may have: any program can read so many."""


_PLAIN = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


def encode(value: dict[str, Any]) -> bytes:
    """Return an object of JSON types as canonical JSON in UTF-8.

    Raises `ValueError` for what JSON cannot hold exactly, such as integers beyond 2**53.
    """
    return encode_any(value)


def encode_any(value: Any) -> bytes:
    """Return any value of JSON types as canonical JSON in UTF-8.

    Raises `ValueError` for what JSON cannot hold exactly, such as integers beyond 2**53.
    """
    if _is_plain(value):
        # The same bytes in a sixth of the time: the interpreter's encoder is written in C.
        return _PLAIN.encode(value).encode()
    return rfc8785.dumps(value)


def _is_plain(value: object) -> bool:
    """Return whether Python's own encoder gives canonical JSON: no fractions, no large numbers,
    and no names of members that UTF-16 would sort otherwise."""
    if value is None or isinstance(value, (str, bool)):
        return True
    if isinstance(value, int):
        return -_EXACT < value < _EXACT
    if isinstance(value, dict):
        if not all(isinstance(key, str) and key.isascii() for key in value):
            return False
        value = list(value.values())
    # Strings, which most are, are not worth a call.
    return isinstance(value, list) and all(
        map(_is_plain, [item for item in value if not isinstance(item, str)])
    )


def decode(data: bytes) -> dict[str, Any]:
    """Return the object in `data`. Raises `ValueError` when it is not a JSON object."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def is_too_deep(data: bytes, value: object) -> bool:
    """Return whether a value, decoded from `data`, has more than `LEVELS` inside each other."""
    if data.count(b"{") + data.count(b"[") <= LEVELS:
        return False
    level = [value]
    for _ in range(LEVELS):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for each in inner for one in each if isinstance(one, (dict, list))]  # type: ignore[attr-defined]
        if not level:
            return False
    return True
