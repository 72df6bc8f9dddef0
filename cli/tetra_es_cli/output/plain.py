"""Printing: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli.output.formats import LISTINGS
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.redaction import say
from tetra_es_cli.output.table import table_lines

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
        emit_raw(LISTINGS["csv"](Listing(rows, columns)).encode())
    elif rows:
        for line in table_lines(rows, columns):
            click.echo(line)
    elif empty:
        say(empty)


def style(text: str, *, wanted: bool, **styles: Any) -> str:
    """Return `text` in colour where it is wanted and standard output is a terminal."""
    return click.style(text, **styles) if wanted and sys.stdout.isatty() else text
