"""Tables for people, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def printable(value: object) -> str:
    """Return a value for a line of a table: no control character reaches the terminal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None or value == "" else one_line(str(value))


def columns_of(text: str) -> int:
    """Return how many columns a terminal gives a text: two for a wide character, none for an accent
    that joins the one before."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    joining = ("Mn", "Me", "Cf")
    return sum(
        0 if category(char) in joining else 1 + (east_asian_width(char) in "WF") for char in text
    )


def table_lines(
    rows: Sequence[Mapping[str, object]], columns: Sequence[str], room: int | None = None
) -> Iterator[str]:
    """Yield the head and a line for each row, columns lined up.

    With `room`, texts are cut so that the lines have no more characters, where that is possible:
    never what a REF, a key or a name is copied from.
    """
    cells = [[printable(row[column]) for column in columns] for row in rows]
    head = [column.upper() for column in columns]
    widths = [max(map(columns_of, column)) for column in zip(head, *cells, strict=True)]
    if room is not None:
        widths = _fitted(widths, columns, room)
    for line in (head, *cells):
        padded = (_padded(cell, width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


_TEXTS = frozenset(
    (
        *("value", "before", "after", "summary", "reason", "recorded", "would_be", "difference"),
        *("what", "remedy", "problem", "newest", "changed", "subject", "source"),
    )
)
"""Columns that are read, not copied."""
_LEAST = 8


def _fitted(widths: Sequence[int], columns: Sequence[str], room: int) -> list[int]:
    """Return widths that fit, the widest texts made narrower first."""
    fitted = list(widths)
    texts = [at for at, column in enumerate(columns) if column in _TEXTS]
    excess = sum(fitted) + 2 * (len(fitted) - 1) - room
    while excess > 0 and texts:
        widest = max(texts, key=lambda at: fitted[at])
        if fitted[widest] <= _LEAST:
            break
        fitted[widest] -= 1
        excess -= 1
    return fitted


def _padded(cell: str, width: int) -> str:
    """Return a cell with as many columns as its table gives it."""
    room = width - columns_of(cell)
    if room >= 0:
        return cell + " " * room
    while cell and columns_of(cell) > width - 1:
        cell = cell[:-1]
    return f"{cell}…" + " " * (width - 1 - columns_of(cell))
