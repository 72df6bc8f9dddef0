"""`profile`: what an environment's profile does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.params import env_argument, listing_option, report_option
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing, Report
from tetra_es_cli.output.table import table_lines

if TYPE_CHECKING:
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
        *table_lines(rows, ("rule", "key", "value")),
    )
    emit(Report(value, lines), output)


@profile.command("list")
@listing_option
def list_(output: str) -> None:
    """List the built-in profiles."""
    from tetra_es_projections.queries.profiles import builtin_names

    emit(Listing([{"profile": name} for name in builtin_names()], ("profile",)), output)
