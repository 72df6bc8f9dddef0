"""`findings`: what an auditor should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import Refused
from tetra_es_cli.context.params import at_option, listing_option
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.times import with_short_times

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App

_KINDS = (
    *("refused", "void", "purged", "backdated", "clock", "out-of-order", "loosened"),
    *("exception", "compromised", "to-rotate"),
    *("drift", "behind", "unverified", "without-reason"),
)
_WITH_TIMES = ("backdated", "clock")
"""Kinds whose text has times of ours; texts of people stay as they are."""


@click.command()
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(_KINDS),
    help="Findings of this kind alone; may be given more than once.",
)
@at_option
@listing_option
@click.pass_obj
def findings(app: App, kinds: tuple[str, ...], ref: Ref | None, output: str) -> None:
    """List what an auditor should look at; exit 3 where there is something.

    Events that changed nothing, purges and what they took away, times out of order, promotions of
    what the environment before did not have, policies that were loosened, exceptions for the secret
    scanner, secrets that are marked as compromised or that somebody who left could read, decisions
    without a reason; and hosts by what is recorded of them: those that drifted, are behind, or of
    which nothing is known since long.
    """
    from tetra_es_projections.answers import columns
    from tetra_es_projections.answers.findings import findings as found_in

    with app.reading() as reader:
        rows = found_in(reader, kinds, ref)
    told = {
        row["what"]: with_short_times(row["what"]) for row in rows if row["kind"] in _WITH_TIMES
    }
    cells = {"what": lambda what: told.get(what, what)}
    emit(Listing(rows, columns.FINDINGS, empty="no findings", cells=cells), output)
    if rows:
        many = len(rows) != 1
        raise Refused(
            f"{len(rows)} {'findings' if many else 'finding'}",
            hint="`tetra-es event REF` shows an event",
        )
