"""Printing: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli.output.table import table_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001 - full width counts in some locales
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


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
        for line in table_lines(rows, columns):
            click.echo(line)
    elif empty:
        click.echo(empty, err=True)


def style(text: str, *, wanted: bool, **styles: Any) -> str:
    """Return `text` in colour where it is wanted and standard output is a terminal."""
    return click.style(text, **styles) if wanted and sys.stdout.isatty() else text


def _csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    emit_raw(buffer.getvalue().encode())


def _cell(value: object) -> object:
    """Return a value that no spreadsheet takes for a formula: such text gets a `'` before it.

    Negative numbers stay numbers.
    """
    if not isinstance(value, str) or not _FORMULA.match(value) or _NEGATIVE.fullmatch(value):
        return value
    return f"'{value}"
