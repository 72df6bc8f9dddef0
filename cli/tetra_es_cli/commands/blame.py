"""`blame`: where the values of an environment, the manifest or a profile come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.candidates import LOOKED_AT_AND_KEY
from tetra_es_cli.context.params import REF, listing_option
from tetra_es_cli.context.source_files import file_and_key
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WHERE [KEY]", type=LOOKED_AT_AND_KEY)
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@listing_option
@click.pass_obj
def blame(app: App, words: tuple[str, ...], ref: Ref | None, output: str) -> None:
    """Show, for each key of WHERE, its value and the event that gave it: who, when, why.

    WHERE is an environment, manifest, or profile ENV, of which the overlay's rules are shown. With
    KEY, only that key and those below it. Secrets of an environment are listed by name, with their
    version for a value.
    """
    file, key = file_and_key(words)
    with app.reading() as reader:
        found = answers.blame(reader, file, key, ref)
    emit(found, output)
    if found.note:
        note(found.note)
