"""Printing: one function for every command and every format."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli.output import redaction, terminal
from tetra_es_cli.output.formats import encoded, render
from tetra_es_cli.output.model import Listing

if TYPE_CHECKING:
    from tetra_es_cli.output.model import Model


def emit(model: Model, output: str) -> None:
    """Print a model in the format named `output`; by a pager where a terminal has no room."""
    write_paged(encoded(render(model, output, terminal.width())))
    if isinstance(model, Listing) and not model.rows and output == "table" and model.empty:
        redaction.say(model.empty)


def say(text: str) -> None:
    """Print a line of the result of a command that has one format."""
    write_raw(encoded(f"{text}\n"))


def write_raw(data: bytes) -> None:
    """Print bytes exactly as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_paged(data: bytes) -> None:
    """Print bytes; where they are longer than the terminal, by the user's pager."""
    if terminal.is_long(data):
        text = data.decode(errors="backslashreplace")
        click.echo_via_pager(text.removesuffix("\n"))  # which ends what it gets with one
    else:
        write_raw(data)


def style(text: str, *, wanted: bool, **styles: Any) -> str:
    """Return `text` in colour where it is wanted and standard output is a terminal."""
    return click.style(text, **styles) if wanted and sys.stdout.isatty() else text
