"""`trust` and `repair`: what a person says of a history that is not the one known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import reason_option
from tetra_es_cli.output.emit import say

if TYPE_CHECKING:
    from tetra_es.usecases.trust import Trusted
    from tetra_es_cli.context.app import App


@click.command()
@click.option(
    "--head",
    required=True,
    metavar="POSITION:HASH",
    help="An event of the history that is here, as `tetra-es verify` prints it.",
)
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be lost; change nothing.")
@reason_option
@click.pass_obj
def trust(app: App, head: str, dry_run: bool, reason: str) -> None:
    """Accept the history here as the right one, where another one was known.

    For a backup that was put back, and a folder that was founded again. What this account admitted
    before, and is not here, is no longer expected. The reason is kept with that.
    """
    from tetra_es.admission import parse_place
    from tetra_es.usecases.trust import trust as move_pin

    layout, place = app.layout(), parse_place(head)
    found = move_pin(layout, app.admission, place, why=reason, dry_run=dry_run)
    for line in _lost(found):
        say(line)
    say(f"would trust {head} (dry run)" if dry_run else f"trusts {head}")


def _lost(found: Trusted) -> list[str]:
    lines = []
    if found.replaces:
        lines.append(f"another history was known here: its event 1 was {found.replaces}")
    if found.lost:
        first, last = found.lost[0], found.lost[-1]
        what = f"#{first}" if first == last else f"#{first} to #{last}"
        lines.append(f"no longer believed: {what}, up to {found.before}")
    return lines


@click.command()
@click.pass_obj
def repair(app: App) -> None:
    """Move refused events out of the store, into a file of their own.

    An event is refused that no signer can have recorded so, and with it all after it. The store as
    it was is kept.
    """
    from tetra_es.usecases.trust import repair as take_out

    done = take_out(app.layout(), app.admission)
    if done is None:
        say("no event is refused")
        return
    say(f"took #{done.first} to #{done.last} out of the store: #{done.first}: {done.why}")
    say(f"  the store as it was is {done.found}")
