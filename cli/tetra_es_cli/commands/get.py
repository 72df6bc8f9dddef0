"""`get`: one value of an environment, for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.params import KEY, at_option, env_argument
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@env_argument()
@click.argument("key", type=KEY, metavar="KEY")
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
def get(app: App, environment: str, key: str, ref: Ref | None, output: str) -> None:
    """Print the recorded value of KEY in ENV.

    A string is printed as it is, without quotes; other values as TOML, and the keys of a table one
    a line. KEY may name an element of an array: http.routers[0].name.
    """
    with app.reading() as reader:
        found = answers.value(reader, environment, key, ref)
    emit(found, output)
