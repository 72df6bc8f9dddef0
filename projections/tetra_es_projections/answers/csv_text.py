"""Rows as CSV (RFC 4180), in which no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_FORMULA = r"[=+\-@\t\r\n＝＋－＠]"  # noqa: RUF001 - full width counts in some locales
_NEGATIVE = r"-[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"


def csv_text(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows as CSV, with a line that names the columns; a list is joined by commas."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return buffer.getvalue()


def _cell(value: object) -> object:
    """Return a value that no spreadsheet takes for a formula: such text gets a `'` before it.

    Negative numbers stay numbers.
    """
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    if not isinstance(value, str) or not re.match(_FORMULA, value):
        return value
    if re.fullmatch(_NEGATIVE, value):
        return value
    return f"'{value}"
