"""Rows as CSV (RFC 4180), in which no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_STARTS = "[=+\\-@＝＋－＠]"  # noqa: RUF001 - full width counts in some locales
_FORMULA = re.compile(rf" *{_STARTS}|[\t\r\n]")
_INNER = re.compile(rf'([;|\t\r\n][;| "\t\r\n]*)(?={_STARTS})')
"""Where a cell begins for a program that takes something else than a comma for the end of one, as
the settings of many countries have it: quotes do not help there."""
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


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
    if not isinstance(value, str) or _NEGATIVE.fullmatch(value):
        return value
    value = _INNER.sub(r"\1'", value)
    return f"'{value}" if _FORMULA.match(value) else value
