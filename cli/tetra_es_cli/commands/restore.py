"""`restore`: a history again, from a copy of it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es.names import is_environment
from tetra_es_cli.context.params import report_option
from tetra_es_cli.context.paths import ADDRESS
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("org", required=False)
@click.option(
    "--from",
    "place",
    metavar="FROM",
    type=ADDRESS,
    help="A backup, a clone of the mirror, or the address of one or of a database.",
)
@click.option(
    "-m",
    "--reason",
    default="",
    metavar="WHY",
    help="Why the copy is right where you have seen other events before.",
)
@report_option
@click.pass_obj
def restore(app: App, org: str | None, place: str | None, reason: str, output: str) -> None:
    """Restore ORG from a backup or a copy of its mirror.

    Every event is checked before any of it counts. Events, secrets and commit ids are the same as
    before. A store that is there is replaced only where it is damaged or older, and is kept. Your
    keys are not in a copy.
    """
    if place is None:
        raise _not_this(org)
    layout, done = app.restore(place, org, reason)
    position, hash_ = done.head
    value = {
        "org": layout.root.name,
        "folder": str(layout.root),
        "event": position,
        "hash": hash_.hex(),
        "founder": done.founder,
        "replaced": str(done.replaced) if done.replaced else None,
    }
    lines = [
        f"restored {position} events of {layout.root.name} in {layout.root}",
        f"  head     #{position} {hash_.hex()}",
        f"  founder  {done.founder}",
    ]
    emit(Report(value, lines), output)
    if done.replaced:
        note(f"the store that was here is kept in {done.replaced}")
    if done.is_new:
        note("this account has not seen this history before: compare head and founder")
    if done.behind:
        note(f"the copy is older than what was here: that went to #{done.behind}")


def _not_this(what: str | None) -> UsageError:
    """Return the error without --from: somebody may want to go back to an earlier state."""
    if what and Path(what).exists():
        hint = f"`{shlex.join(('tetra-es', 'restore', '--from', what))}` restores what is there"
    else:
        name = what if what and is_environment(what) else "ENV"
        hint = (
            f"`tetra-es rollback {name}` gives an environment an earlier state again; a whole "
            "organization is restored --from a copy"
        )
    return UsageError("missing option --from", hint=hint)
