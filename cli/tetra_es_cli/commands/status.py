"""`status`: what is edited, drifted, promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.params import at_option, report_option
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.hosts import left_out_error

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@at_option
@report_option
@click.pass_obj
def status(app: App, ref: Ref | None, output: str) -> None:
    """Show unrecorded edits, drift, and what each environment was generated from.

    With --at, the environments and what ran on the servers, as it was there.
    """
    with app.reading() as reader:
        found = answers.status(reader, ref)
    emit(found, output)
    if found.value["left_out"]:
        raise left_out_error(found.value["left_out"])
