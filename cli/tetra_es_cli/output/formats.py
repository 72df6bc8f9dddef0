"""The formats that commands print in. A new one is added in this file alone."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli.output.table import table_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tetra_es_cli.output.model import Listing, Report


def _table(listing: Listing) -> None:
    rows = [{**row, **_shortened(row, listing.cells)} for row in listing.rows]
    if rows:
        for line in table_lines(rows, listing.columns):
            click.echo(line)
    elif listing.empty:
        click.echo(listing.empty, err=True)


def _shortened(row: Mapping[str, Any], cells: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    return {column: shorten(row[column]) for column, shorten in cells.items()}


def _json_lines(listing: Listing) -> None:
    for row in listing.rows:
        click.echo(json.dumps(row, ensure_ascii=False))


def _csv(listing: Listing) -> None:
    buffer = io.StringIO()
    columns = listing.csv_columns or listing.columns
    writer = csv.DictWriter(buffer, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(listing.rows)
    write_raw(buffer.getvalue().encode())


def _text(report: Report) -> None:
    for line in report.lines:
        click.echo(line)


def _json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


LISTINGS: dict[str, Callable[[Listing], None]] = {
    "table": _table,
    "json": lambda listing: _json(list(listing.rows)),
    "jsonl": _json_lines,
    "csv": _csv,
}
"""Name, as `-o` takes it, to what prints rows; the first is the default."""

REPORTS: dict[str, Callable[[Report], None]] = {
    "text": _text,
    "json": lambda report: _json(report.value),
}
"""Name to what prints one thing; the first is the default."""


def write_raw(data: bytes) -> None:
    """Print bytes exactly as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
