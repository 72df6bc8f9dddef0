"""`orgs`: which organizations there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.params import listing_option
from tetra_es_cli.output.emit import emit

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@listing_option
@click.pass_obj
def orgs(app: App, output: str) -> None:
    """List the organizations in the folder."""
    emit(answers.organizations(app.base), output)
