"""`env`: the environments of the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tetra_es.usecases.config.add_environment import AddEnvironment
from tetra_es_cli.context.params import ENVIRONMENT, env_argument, output_option
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.plain import emit_rows
from tetra_es_cli.output.recorded import emit_recorded
from tetra_es_cli.output.table import short_time
from tetra_es_projections.queries.environments import known_environments

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.group()
def env() -> None:
    """List and add environments."""


@env.command("list")
@output_option("table", "json", "jsonl")
@click.pass_obj
def list_(app: App, output: str) -> None:
    """List the environments in promotion order, with their present states."""
    with app.reading() as reader:
        rows: list[dict[str, Any]] = []
        for name in known_environments(reader):
            state = reader.views.state(name)
            rows.append(
                {
                    "environment": name,
                    "revision": state.revision if state else 0,
                    "event": state.position if state else None,
                    "source_revision": state.source_revision if state else None,
                    "time": state.time if state else None,
                }
            )
    if output == "table":
        for row in rows:
            row["time"] = short_time(row["time"])
    emit_rows(rows, output, ("environment", "revision", "event", "source_revision", "time"))


@env.command()
@env_argument()
@click.option(
    "--profile", "extends", required=True, metavar="NAME", help="Built-in profile to start from."
)
@click.option("--after", type=ENVIRONMENT, metavar="ENV", help="Where in promotion order.")
@recording_options
@click.pass_obj
def add(app: App, environment: str, extends: str, after: str | None, how: Recording) -> None:
    """Add the environment ENV with a profile of its own that extends a built-in one."""
    done = app.act(AddEnvironment(environment, extends, after), how)
    emit_recorded(done.recorded, how, keys=False)
