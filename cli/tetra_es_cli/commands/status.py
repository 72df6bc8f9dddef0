"""`status`: what is edited, drifted, promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.params import report_option
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@report_option
@click.pass_obj
def status(app: App, output: str) -> None:
    """Show unrecorded edits, drift, and what each environment was generated from."""
    with app.reading() as reader:
        found = answers.status(reader)
    emit(found, output)
