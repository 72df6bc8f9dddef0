"""`orgs`: which organizations there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import listing_option
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing
from tetra_es_projections.queries.organizations import organization_rows

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@listing_option
@click.pass_obj
def orgs(app: App, output: str) -> None:
    """List the organizations in the folder."""
    folder = app.base / "org"
    found = organization_rows(folder) if folder.is_dir() else []
    columns = ("org", "events", "folder")
    rows = [row._asdict() for row in found]
    emit(Listing(rows, columns, empty=f"no organizations in {folder}"), output)
