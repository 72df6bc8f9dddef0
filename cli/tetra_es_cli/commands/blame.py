"""`blame`: where the present values come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es_cli.context.params import KEY, env_argument, output_option
from tetra_es_cli.output.plain import emit_rows
from tetra_es_cli.output.table import short_time
from tetra_es_projections.queries.environments import require_environment

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App

_COLUMNS = ("key", "value", "revision", "event", "actor", "time", "reason")


@click.command()
@env_argument()
@click.argument("key", type=KEY, required=False, metavar="[KEY]")
@output_option("table", "json", "jsonl", "csv")
@click.pass_obj
def blame(app: App, environment: str, key: str | None, output: str) -> None:
    """Show, for each key of ENV, its value and the event that gave it: who, when and why.

    With KEY, only that key and those below it. Secrets are listed by name, with their version
    for a value.
    """
    with app.reading() as reader:
        require_environment(reader, environment)
        rows = [row._asdict() for row in reader.views.blame(environment, key)]
        secrets = [row._asdict() for row in reader.views.blame(f"secrets {environment}")]
    for row in secrets:
        row["key"] = f"secret {row['key']}"
    rows += [row for row in secrets if key is None or row["key"] in (key, f"secret {key}")]
    if key is not None and not rows:
        raise TetraEsError(
            f"{environment} has no key {key}", hint=f"`tetra-es blame {environment}` lists its keys"
        )
    if output == "table":
        for row in rows:
            row["revision"] = row["revision"] and f"{environment}@{row['revision']}"
            row["time"] = short_time(row["time"])
    emit_rows(rows, output, _COLUMNS, empty=f"{environment} has no state yet")
