"""`history`: the events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.params import ENVIRONMENT, KEY, listing_option
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("environment", metavar="[ENV]", type=ENVIRONMENT, required=False)
@click.option("--key", type=KEY, help="Only events that changed this key or one below it.")
@click.option("--actor", help="Only events of this signer.")
@click.option("--type", "topic", help="Only events of this type, such as environment.promoted.")
@click.option("--since", metavar="TIME", help="Not before this date or time.")
@click.option("--until", metavar="TIME", help="Not after this date or time.")
@click.option("-n", "--number", type=click.IntRange(min=1), help="Only the newest N.", metavar="N")
@click.option("--steps", is_flag=True, help="Show the steps of each deployment below it.")
@listing_option
@click.pass_obj
def history(
    app: App,
    environment: str | None,
    key: str | None,
    actor: str | None,
    topic: str | None,
    since: str | None,
    until: str | None,
    number: int | None,
    steps: bool,
    output: str,
) -> None:
    """List the events, newest first; those that concern ENV where it is given."""
    from tetra_es_projections.queries.history import HistoryQuery

    query = HistoryQuery(environment, key, actor, topic, since, until, number, steps)
    with app.reading() as reader:
        found = answers.history(reader, query)
    emit(found, output)
