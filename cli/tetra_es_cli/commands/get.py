"""`get`: one value of an environment, the manifest or a profile, for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.candidates import LOOKED_AT_AND_KEY
from tetra_es_cli.context.params import at_option
from tetra_es_cli.context.source_files import file_and_key
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WHERE KEY", type=LOOKED_AT_AND_KEY)
@at_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print.",
)
@click.pass_obj
def get(app: App, words: tuple[str, ...], ref: Ref | None, output: str) -> None:
    """Print the recorded value of KEY in WHERE.

    WHERE is an environment, manifest, or profile ENV, of which the overlay is meant. A string is
    printed as it is, without quotes; other values as TOML, and the keys of a table one a line. KEY
    may name an element of an array: http.routers[0].name.
    """
    file, key = file_and_key(words)
    if key is None:
        raise click.UsageError("Missing argument 'KEY'.")
    with app.reading() as reader:
        found = answers.value(reader, file, key, ref)
    emit(found, output)
