"""`history`: the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli import answers
from tetra_es_cli.context.candidates import LOOKED_AT
from tetra_es_cli.context.params import KEY, SINCE, UNTIL, listing_option
from tetra_es_cli.context.source_files import one_file
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("words", nargs=-1, metavar="[WHERE]", type=LOOKED_AT)
@click.option("--key", type=KEY, help="Only what changed this key or one below it, by key.")
@click.option("--actor", help="Only events of this signer.")
@click.option("--type", "topic", help="Only events of this type, such as environment.promoted.")
@click.option("--since", type=SINCE, metavar="TIME", help="Not before it: a date, a time, 2h, 3d.")
@click.option("--until", type=UNTIL, metavar="TIME", help="Not after the end of it.")
@click.option("--grep", metavar="PATTERN", help="Only where reason or summary match PATTERN.")
@click.option("-n", "--number", type=click.IntRange(min=1), help="Only the newest N.", metavar="N")
@click.option("--reverse", is_flag=True, help="The oldest first.")
@click.option("--changes", is_flag=True, help="A row for each key that changed, with its values.")
@click.option("--steps", is_flag=True, help="Show the steps of each deployment below it.")
@listing_option
@click.pass_obj
def history(
    app: App, /, words: tuple[str, ...], output: str, number: int | None, **more: Any
) -> None:
    """List the events, newest first; those that concern WHERE where it is given.

    WHERE is an environment, manifest, or profile ENV. PATTERN is a regular expression, in which
    upper and lower case are the same.
    """
    from tetra_es_projections.queries.history import HistoryQuery

    query = HistoryQuery(file=one_file(words) if words else None, limit=number, **more)
    with app.reading() as reader:
        found = answers.history(reader, query)
    emit(found, output)
