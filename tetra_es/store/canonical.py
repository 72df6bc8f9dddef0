"""Canonical JSON (RFC 8785): the one byte string for a state, so that hashes can be recomputed."""

from __future__ import annotations

import json
from typing import Any

import rfc8785


def encode(value: dict[str, Any]) -> bytes:
    """Return `value`, of JSON types, as canonical JSON in UTF-8.

    Raises `ValueError` for what JSON cannot hold exactly, such as integers beyond 2**53.
    """
    return rfc8785.dumps(value)


def decode(data: bytes) -> dict[str, Any]:
    """Return the object in `data`. Raises `ValueError` when it is not a JSON object."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
