"""`show`: the TOML of an environment, or which secrets it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.params import REF, env_argument
from tetra_es_cli.output.emit import emit, write_raw

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@env_argument()
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@click.option("--secrets", is_flag=True, help="Names and versions of the secrets instead.")
@click.pass_obj
def show(app: App, environment: str, ref: Ref | None, secrets: bool) -> None:
    """Print the recorded TOML of ENV, byte for byte.

    With --at, as it was after that event or at that time.
    """
    with app.reading() as reader:
        found = answers.show(reader, environment, ref, secrets=secrets)
    if isinstance(found, str):
        write_raw(found.encode())
    else:
        emit(found, "table")
