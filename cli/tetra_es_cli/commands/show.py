"""`show`: the TOML of an environment, or which secrets it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.candidates import LOOKED_AT
from tetra_es_cli.context.params import REF
from tetra_es_cli.context.source_files import one_file
from tetra_es_cli.output.emit import emit, write_paged

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WHERE", type=LOOKED_AT)
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@click.option("--secrets", is_flag=True, help="Names and versions of the secrets instead.")
@click.pass_obj
def show(app: App, words: tuple[str, ...], ref: Ref | None, secrets: bool) -> None:
    """Print the recorded TOML of WHERE, byte for byte.

    WHERE is an environment, manifest, or profile ENV. With --at, as it was after that event or at
    that time.
    """
    file = one_file(words)
    with app.reading() as reader:
        found = answers.show(reader, file, ref, secrets=secrets)
    if isinstance(found, str):
        write_paged(found.encode())
    else:
        emit(found, "table")
