"""`history`: the events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.refs import parse_time
from tetra_es_cli.context.params import ENVIRONMENT, KEY, output_option
from tetra_es_cli.output.plain import emit_rows
from tetra_es_cli.output.table import HISTORY, short_time
from tetra_es_projections.queries.environments import require_environment

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App

_CSV_COLUMNS = (
    "event", "environment", "revision", "type", "actor", "time", "reason", "hash", "summary"
)  # fmt: skip
_KEY_COLUMNS = ("event", "time", "actor", "before", "after", "summary", "reason")


@click.command()
@click.argument("environment", metavar="[ENV]", type=ENVIRONMENT, required=False)
@click.option("--key", type=KEY, help="Only events that changed this key or one below it.")
@click.option("--actor", help="Only events of this signer.")
@click.option("--type", "topic", help="Only events of this type, such as environment.promoted.")
@click.option("--since", metavar="TIME", help="Not before this date or time.")
@click.option("--until", metavar="TIME", help="Not after this date or time.")
@click.option("-n", "--number", type=click.IntRange(min=1), help="Only the newest N.", metavar="N")
@output_option("table", "json", "jsonl", "csv")
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
    output: str,
) -> None:
    """List the events, newest first; those that concern ENV where it is given."""
    with app.reading() as reader:
        rows = reader.views.history(
            environment=environment,
            key=key,
            actor=actor,
            topic=topic,
            since=_start(since),
            until=None if until is None else parse_time(until),
            limit=number or -1,
        )
        if environment is not None and not rows:
            require_environment(reader, environment)
        listed = [row._asdict() for row in rows]
        if key is not None:
            for row in listed:
                changed = reader.views.changes(row["event"], key=key)
                row["before"] = changed[0].before if changed else None
                row["after"] = changed[0].after if changed else None
    table = HISTORY if key is None else _KEY_COLUMNS
    columns = table if output == "table" else (*_CSV_COLUMNS, *(table[3:5] if key else ()))
    if output == "table":
        for row in listed:
            row["time"] = short_time(row["time"])
    emit_rows(listed, output, columns, empty="no such events")


def _start(since: str | None) -> str | None:
    """Return the beginning of a date or time; a bare date counts from its first moment."""
    if since is None:
        return None
    date_only = len(since) == len("2026-11-22")
    return parse_time(f"{since}T00:00:00" if date_only else since)
