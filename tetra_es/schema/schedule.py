"""What a schedule is: the five fields of cron(5), or nothing."""

from __future__ import annotations

import re
from typing import NamedTuple


class _Field(NamedTuple):
    """A field of a line of cron, and what stands in it."""

    low: int
    high: int
    names: tuple[str, ...] = ()
    """Words for numbers, from `low` on."""


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field(0, 59),
    _Field(0, 23),
    _Field(1, 31),
    _Field(1, 12, _MONTHS),
    _Field(0, 7, _DAYS),
)
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d{1,3}))?", re.ASCII)


def is_schedule(value: object) -> bool:
    """Return whether `value` is empty or has the five fields of cron."""
    if not isinstance(value, str):
        return False
    fields = value.split()
    return not value or (len(fields) == len(_FIELDS) and all(map(_fits, fields, _FIELDS)))


def _fits(text: str, field: _Field) -> bool:
    return all(_part_fits(part, field) for part in text.lower().split(","))


def _part_fits(part: str, field: _Field) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        return False
    first, last, step = match.groups()
    if step is not None and not 1 <= int(step) <= field.high:
        return False
    numbers = [_number(word, field) for word in (first, last) if word is not None]
    return None not in numbers and numbers == sorted(numbers, key=lambda number: number or 0)


def _number(word: str, field: _Field) -> int | None:
    """Return the number that a word stands for, None where it fits nowhere in the field."""
    if word in field.names:
        return field.low + field.names.index(word)
    number = int(word) if word.isdecimal() else -1
    return number if field.low <= number <= field.high else None
