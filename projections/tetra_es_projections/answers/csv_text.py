"""Rows as CSV (RFC 4180), in which no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

UNLIMITED = "everything"
"""What somebody may who has no limits."""

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
    writer.writerows([_cell(_told(row, column)) for column in columns] for row in rows)
    return buffer.getvalue()


def _told(row: Mapping[str, Any], column: str) -> object:
    """Return a value of a row; no limits are not left empty, as no rights at all are."""
    value = row.get(column)
    return UNLIMITED if column == "may" and value is None else value


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
