"""Printing: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def emit(text: str) -> None:
    """Print a line of the result."""
    click.echo(text)


def emit_raw(data: bytes) -> None:
    """Print bytes exactly as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def emit_json(value: Any) -> None:
    """Print one JSON value, indented."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def emit_rows(
    rows: Iterable[dict[str, Any]], output: str, columns: Sequence[str], *, empty: str = ""
) -> None:
    """Print rows: `columns` of them as a table or CSV, all of them as JSON.

    `empty` is said, on standard error, where a table would have no row.
    """
    rows = list(rows)
    if output == "json":
        emit_json(rows)
    elif output == "jsonl":
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    elif output == "csv":
        _csv(rows, columns)
    elif rows:
        _table(rows, columns)
    elif empty:
        click.echo(empty, err=True)


def printable(value: object) -> str:
    """Return a value for a line of a table: no control character reaches the terminal."""
    text = "-" if value is None or value == "" else str(value)
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def short_time(time: str | None) -> str | None:
    """Return an event's time for a table: to the second."""
    return f"{time[:19]}Z" if time else None


def style(text: str, *, wanted: bool, **styles: Any) -> str:
    """Return `text` in colour where it is wanted and standard output is a terminal."""
    return click.style(text, **styles) if wanted and sys.stdout.isatty() else text


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    cells = [[printable(row[column]) for column in columns] for row in rows]
    head = [column.upper() for column in columns]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    for line in (head, *cells):
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    emit_raw(buffer.getvalue().encode())
