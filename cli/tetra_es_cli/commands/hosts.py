"""`hosts`: what runs where, and what ran there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.params import HOST, at_option, listing_option
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("host", metavar="[HOST]", type=HOST, required=False)
@at_option
@listing_option
@click.pass_obj
def hosts(app: App, host: str | None, ref: Ref | None, output: str) -> None:
    """List what our history says runs on each host: state, secrets, code, who deployed it.

    The servers are not asked; `drift`, `health` and `doctor` ask them.
    """
    with app.reading() as reader:
        found = answers.hosts(reader, host, ref)
    emit(found, output)
