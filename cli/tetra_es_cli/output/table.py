"""Tables for people, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def printable(value: object) -> str:
    """Return a value for a line of a table: no control character reaches the terminal."""
    return "-" if value is None or value == "" else one_line(str(value))


def table_lines(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> Iterator[str]:
    """Yield the head and a line for each row, columns lined up."""
    cells = [[printable(row[column]) for column in columns] for row in rows]
    head = [column.upper() for column in columns]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    for line in (head, *cells):
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()
