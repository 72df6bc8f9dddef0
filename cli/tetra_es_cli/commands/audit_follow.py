"""`audit follow`: a line for each event, for a SIEM."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tetra_es_cli.output.emit import write_raw
from tetra_es_cli.output.formats import encoded

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Choice(["jsonl", "ocsf", "cef"]),
    default="jsonl",
    show_default=True,
    help="How to print.",
)
@click.option(
    "--after",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="POSITION",
    help="Begin after this event: the last one that you have.",
)
@click.option("--no-wait", is_flag=True, help="End with the newest event.")
@click.pass_obj
def follow(app: App, output: str, after: int, no_wait: bool) -> None:
    """Print a line for each event, and for each new one as it is recorded, until stopped.

    For a SIEM or another program that keeps what it has: an event's position is the cursor to go
    on after, and its hash the id. Nobody who records waits for the reader, however slow it is.
    Where the organization is shared, events come when this machine takes them over, as with
    `tetra-es pull`.
    """
    from tetra_es_projections.evidence.following import followed
    from tetra_es_projections.evidence.siem import FORMATS

    line = FORMATS[output]
    with app.founded() as layout:
        for name, rows in followed(layout, app.admission, after, wait=not no_wait):
            if rows:
                write_raw(encoded("".join(f"{line(row, name)}\n" for row in rows)))
            elif _nobody_reads():
                return


def _nobody_reads() -> bool:
    """Return whether the reader of standard output is gone, which only writing tells otherwise."""
    import select

    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
        return bool(poll.poll(0))
    except OSError:  # it is not a file
        return False
