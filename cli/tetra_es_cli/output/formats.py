"""The formats that commands print in, each a function from a model to text.

A new one is added in this file alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es_cli.output.table import table_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tetra_es_cli.output.model import Listing, Model, Report


def _table(listing: Listing, width: int | None = None) -> str:
    rows = [{**row, **_shortened(row, listing.cells)} for row in _with_below(listing, "  ")]
    return _lines(table_lines(rows, listing.columns, width)) if rows else ""


def _with_below(listing: Listing, indent: str = "") -> Iterator[Mapping[str, Any]]:
    """Yield the rows, and after each those below it, whose summary is indented."""
    for row in listing.rows:
        yield row
        for one in row.get(listing.below, ()) if listing.below else ():
            yield {**row, **one, "summary": f"{indent}{one['summary']}"}


def _shortened(row: Mapping[str, Any], cells: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    return {column: shorten(row[column]) for column, shorten in cells.items()}


def _json_lines(listing: Listing) -> str:
    import json  # a table, which most ask for, does without

    return _lines(json.dumps(row, ensure_ascii=False) for row in listing.rows)


def _csv(listing: Listing) -> str:
    from tetra_es_projections.answers.csv_text import csv_text

    return csv_text(_with_below(listing), listing.csv_columns or listing.columns)


def _json(value: Any) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


LISTINGS: dict[str, Callable[[Listing], str]] = {
    "table": _table,
    "json": lambda listing: _json(list(listing.rows)),
    "jsonl": _json_lines,
    "csv": _csv,
}
"""Name, as `-o` takes it, to the text of rows; the first is the default."""

REPORTS: dict[str, Callable[[Report], str]] = {
    "text": lambda report: _lines(report.lines),
    "json": lambda report: _json(report.value),
}
"""Name to the text of one thing; the first is the default."""


def render(model: Model, output: str, width: int | None = None) -> str:
    """Return a model in the format named `output`, a table cut to `width` columns."""
    from tetra_es_cli.output.model import Listing

    if isinstance(model, Listing) and output == "table":
        return _table(model, width)
    return LISTINGS[output](model) if isinstance(model, Listing) else REPORTS[output](model)


def encoded(text: str) -> bytes:
    """Return text as it is printed: UTF-8 in every locale, what is not text escaped."""
    return text.encode(errors="backslashreplace")
