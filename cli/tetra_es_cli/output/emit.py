"""Printing: one function for every command and every format."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli.output.formats import LISTINGS, REPORTS
from tetra_es_cli.output.model import Listing

if TYPE_CHECKING:
    from tetra_es_cli.output.model import Model


def emit(model: Model, output: str) -> None:
    """Print a model in the format named `output`."""
    if isinstance(model, Listing):
        LISTINGS[output](model)
    else:
        REPORTS[output](model)


def say(text: str) -> None:
    """Print a line of the result of a command that has one format."""
    click.echo(text)


def style(text: str, *, wanted: bool, **styles: Any) -> str:
    """Return `text` in colour where it is wanted and standard output is a terminal."""
    return click.style(text, **styles) if wanted and sys.stdout.isatty() else text
