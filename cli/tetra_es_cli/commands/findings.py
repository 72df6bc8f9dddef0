"""`findings`: what an auditor should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import Refused
from tetra_es_cli.context.params import listing_option
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App

_KINDS = (
    *("void", "backdated", "exception", "compromised", "to-rotate", "behind"),
    "without-reason",
)


@click.command()
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(_KINDS),
    help="Findings of this kind alone; may be given more than once.",
)
@listing_option
@click.pass_obj
def findings(app: App, kinds: tuple[str, ...], output: str) -> None:
    """List what an auditor should look at; exit 3 where there is something.

    Events that changed nothing, times out of order, exceptions for the secret scanner, secrets that
    are marked as compromised or that somebody who left could read, hosts that are behind, and
    decisions without a reason.
    """
    from tetra_es_projections.answers import columns
    from tetra_es_projections.answers.findings import findings as found_in

    with app.reading() as reader:
        rows = found_in(reader, kinds)
    emit(Listing(rows, columns.FINDINGS, empty="no findings"), output)
    if rows:
        many = len(rows) != 1
        raise Refused(
            f"{len(rows)} {'findings' if many else 'finding'}",
            hint="`tetra-es event REF` shows an event",
        )
