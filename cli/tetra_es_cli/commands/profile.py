"""`profile`: what an environment's profile does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.params import SINCE_REF, env_argument, listing_option, report_option
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.output import terminal
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing, Report
from tetra_es_cli.output.table import table_lines
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.group(cls=CommandGroup)
def profile() -> None:
    """Look at profiles; `edit profile ENV` and `set profile ENV` change them."""


@profile.command()
@env_argument()
@report_option
@click.pass_obj
def show(app: App, environment: str, output: str) -> None:
    """Show the rules that generate ENV: the built-in profile's and the organization's."""
    from tetra_es_projections.queries.profiles import profile_of

    with app.reading() as reader:
        found = profile_of(reader, environment)
    rows = [rule._asdict() for rule in found.rules]
    value = {"profile": found.name, "digest": found.digest, "rules": rows}
    lines = (
        f"profile {found.name}, digest {found.digest}",
        f"overlay {found.overlay or 'none'}",
        *table_lines(rows, ("rule", "key", "value"), terminal.width()),
    )
    emit(Report(value, lines), output)


@profile.command()
@env_argument()
@click.argument("file", type=FilePath(dir_okay=False), metavar="FILE")
@click.option(
    "--since", "ref", type=SINCE_REF, metavar="REF", help="Promotions from there on alone."
)
@listing_option
@click.pass_obj
def test(app: App, environment: str, file: Path, ref: Ref | None, output: str) -> None:
    """Show what promotions of ENV would have made with FILE as its overlay.

    FILE is written as profiles/ENV.toml is. Each promotion is generated again from its own source.
    Nothing is recorded.
    """
    from tetra_es_projections.queries.other_profile import read_overlay, under_overlay

    overlay = read_overlay(file)
    with app.reading() as reader:
        rows = [row._asdict() for row in under_overlay(reader, environment, overlay, ref)]
    columns = ("event", "state", "source", "time", "key", "recorded", "would_be", "problem")
    shown = columns if any(row["problem"] for row in rows) else columns[:-1]
    emit(
        Listing(
            rows,
            shown,
            empty=f"every promotion of {environment} would have made the same",
            csv_columns=columns,
            cells={"time": short_time},
        ),
        output,
    )


@profile.command("list")
@listing_option
def list_(output: str) -> None:
    """List the built-in profiles."""
    from tetra_es_projections.queries.profiles import builtin_names

    emit(Listing([{"profile": name} for name in builtin_names()], ("profile",)), output)
