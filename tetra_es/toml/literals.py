"""Values as TOML literals on one line: what changes are recorded in."""

from __future__ import annotations

import math
from datetime import date, datetime, time

from tetra_es.toml.keys import format_part, quote

_LONG = 8192


def value_literal(value: object) -> str:
    """Return the canonical literal of a plain TOML value.

    The same value always gives the same literal, however it was written. Raises `TypeError` for
    what TOML has no value for.
    """
    if type(value) is str:  # most of them
        return quote(value)
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quote(str(value))
        case int():
            # TOML's hexadecimal numbers may be longer than what Python writes in decimal.
            return str(int(value)) if value.bit_length() < _LONG else hex(value)
        case float():
            return _float(float(value))
        case datetime() | date() | time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(value_literal, value))}]"
        case dict():
            items = (f"{format_part(key)} = {value_literal(item)}" for key, item in value.items())
            inner = ", ".join(items)
            return f"{{ {inner} }}" if inner else "{}"
        case _:
            raise TypeError(f"no TOML value: {type(value).__name__}")


def _float(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = repr(value)
    return text if "." in text or "e" in text else f"{text}.0"
