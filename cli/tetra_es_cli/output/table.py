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


def table_lines(
    rows: Sequence[Mapping[str, object]], columns: Sequence[str], room: int | None = None
) -> Iterator[str]:
    """Yield the head and a line for each row, columns lined up.

    With `room`, texts are cut so that the lines have no more characters, where that is possible:
    never what a REF, a key or a name is copied from.
    """
    cells = [[printable(row[column]) for column in columns] for row in rows]
    head = [column.upper() for column in columns]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    if room is not None:
        widths = _fitted(widths, columns, room)
    for line in (head, *cells):
        padded = (_cut(cell, width).ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


_TEXTS = frozenset(
    (
        *("value", "before", "after", "summary", "reason", "recorded", "would_be", "difference"),
        *("what", "remedy", "problem", "newest", "changed", "subject"),
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


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: width - 1]}…"
