"""Printing: one function for every command and every format."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli.output import redaction
from tetra_es_cli.output.formats import encoded, render
from tetra_es_cli.output.model import Listing

if TYPE_CHECKING:
    from tetra_es_cli.output.model import Model


def emit(model: Model, output: str) -> None:
    """Print a model in the format named `output`."""
    write_raw(encoded(render(model, output)))
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


def style(text: str, *, wanted: bool, **styles: Any) -> str:
    """Return `text` in colour where it is wanted and standard output is a terminal."""
    return click.style(text, **styles) if wanted and sys.stdout.isatty() else text
