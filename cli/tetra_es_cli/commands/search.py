"""`search`: where a text is found, and where it is in force."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli.context.params import FILE, at_option, listing_option
from tetra_es_cli.context.secret_input import read_value
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App

_KINDS = ("key", "value", "secret", "reason", "summary", "actor")
_OFTEN_EMPTY = ("key", "before", "after", "hosts", "reason", "one_of")
_TOLD_BELOW = "purged"
"""A value that is found was not purged, and what may have changed it is said once."""


@click.command()
@click.argument("text", required=False, metavar="[TEXT]")
@click.option(
    "--env",
    "file",
    type=FILE,
    metavar="ENV",
    help="Only what concerns ENV; manifest or 'profile ENV' for that file alone.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(_KINDS),
    help="Only where it is found in this; may be given more than once.",
)
@at_option
@click.option(
    "-n", "--number", type=click.IntRange(min=1), help="Only the newest N events.", metavar="N"
)
@click.option(
    "--before", type=click.IntRange(min=1), metavar="N", help="Only events before event N."
)
@listing_option
@click.pass_obj
def search(
    app: App,
    text: str | None,
    file: str | None,
    kinds: tuple[str, ...],
    ref: Ref | None,
    number: int | None,
    before: int | None,
    output: str,
) -> None:
    """Find TEXT in keys, values, reasons, summaries, and names of people and secrets.

    TEXT is any part of them; upper and lower case are the same. A whole number or time may be given
    as it was typed, such as 3.10 or 0o755. Values that were replaced and keys that were removed
    are found, too. IN_FORCE says whether it is still so, HOSTS where it runs.
    Without TEXT, it is read from standard input or a hidden prompt: look for a leaked secret that
    way. Comments in TOML are not searched.
    """
    from tetra_es_cli.answers import one_of_events
    from tetra_es_projections.answers.columns import SEARCH
    from tetra_es_projections.answers.search import search as found_in
    from tetra_es_projections.queries.purged import purges_of
    from tetra_es_projections.queries.search import Search
    from tetra_es_projections.queries.written import as_written

    looked_for = _asked(app) if text is None else text
    wanted = Search(looked_for, file, kinds, ref=ref, limit=number, before=before, written=True)
    with app.reading() as reader:
        rows = found_in(reader, wanted)
        purges = purges_of(reader)
    emit(
        Listing(
            rows,
            _shown(SEARCH, rows),
            empty="found nowhere",
            csv_columns=SEARCH,
            cells={
                "before": as_written,
                "after": as_written,
                "time": short_time,
                "in_force": _yes_or_no,
                "hosts": ", ".join,
                "one_of": one_of_events,
            },
        ),
        output,
    )
    if purges:
        note(f"{purges}: that is not searched")


def _asked(app: App) -> str:
    """Return the text from standard input or a hidden prompt."""
    if app.no_input and sys.stdin.isatty():
        raise UsageError("no text given", hint="give TEXT, or pipe it in")
    try:
        return read_value(app, "what to look for", None).decode()
    except UnicodeDecodeError:
        raise UsageError("the text is not UTF-8", hint="give it as text") from None


def _shown(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    return [
        column
        for column in columns
        if column != _TOLD_BELOW
        and (column not in _OFTEN_EMPTY or any(row[column] for row in rows))
    ]


def _yes_or_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
