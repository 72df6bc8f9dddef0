"""`blame`: where the values of an environment come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.params import KEY, REF, env_argument, listing_option
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@env_argument()
@click.argument("key", type=KEY, required=False, metavar="[KEY]")
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@listing_option
@click.pass_obj
def blame(app: App, environment: str, key: str | None, ref: Ref | None, output: str) -> None:
    """Show, for each key of ENV, its value and the event that gave it: who, when and why.

    With KEY, only that key and those below it. Secrets are listed by name, with their version
    for a value.
    """
    with app.reading() as reader:
        found = answers.blame(reader, environment, key, ref)
    emit(found, output)
