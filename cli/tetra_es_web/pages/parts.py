"""Long lists in parts, so that no page is larger than a browser on a telephone likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from markupsafe import escape

from tetra_es.errors import UsageError
from tetra_es.text import one_line
from tetra_es_projections.queries.written import as_written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

ROOM = 56_000
"""Bytes of a page that its list may have: 100,000 with everything else."""
LINKED = 200
"""Characters of a key that leads to its page; of longer ones lists show so many."""


class Part(NamedTuple, Generic[T]):
    """Some of the items of a list."""

    items: Sequence[T]
    number: int
    """From 1."""
    parts: int
    """How many parts there are."""
    total: int
    """How many items there are in all of them."""
    start: int
    """How many items are in the parts before."""


def part_of(
    items: Sequence[T], number: int | None, weigh: Callable[[T], int], size: int = ROOM
) -> Part[T]:
    """Return a part of a list, the first by default; `weigh` says how many bytes an item takes.

    `size` is how many a part may have. Raises `UsageError` where there is no such part.
    """
    starts, room = [0], size
    for place, item in enumerate(items):
        room -= weigh(item)
        if room < 0 and place > starts[-1]:
            starts.append(place)
            room = size - weigh(item)
    wanted = number or 1
    if wanted > len(starts):
        raise UsageError(f"there is no part {wanted}", hint=f"there are {len(starts)}")
    begin = starts[wanted - 1]
    end = starts[wanted] if wanted < len(starts) else len(items)
    return Part(items[begin:end], wanted, len(starts), len(items), begin)


def weight(*texts: str | None, most: int = 400) -> int:
    """Return how many bytes texts take on a page, each clipped to so many characters."""
    shown = (as_written(text) or "" for text in texts if text)
    return sum(len(escape(one_line(text[:most])).encode()) + 40 for text in shown)


def address_weight(text: str) -> int:
    """Return how many bytes a text takes in an address."""
    return len(quote(text, safe="", errors="replace"))


def broken_weight(name: str) -> int:
    """Return how many bytes a name takes as text that lines can be broken in."""
    return weight(name) + len("<wbr>") * sum(map(name.count, "._/"))


def name_weight(name: str | None) -> int:
    """Return how many bytes a key takes in a list: as text, and in an address where it has one."""
    if not name:
        return 0
    if len(name) > LINKED:
        return weight(name, most=LINKED)
    return address_weight(name) + broken_weight(name)


def room_beside(asked: str | None, times: int) -> int:
    """Return the bytes of a list on a page that has what was asked for in so many addresses."""
    return max(ROOM - times * address_weight(asked or ""), ROOM // 4)


def fitting(items: Sequence[T], weigh: Callable[[T], int], room: int = ROOM) -> int:
    """Return how many of the first items there is room for, at least one."""
    for place, item in enumerate(items):
        room -= weigh(item)
        if room < 0:
            return max(place, 1)
    return len(items)
