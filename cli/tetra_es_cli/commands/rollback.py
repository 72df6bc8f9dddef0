"""`rollback`: give an environment an earlier state again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.usecases.roll_back import roll_back
from tetra_es_cli.app import App, note
from tetra_es_cli.output import emit
from tetra_es_cli.params import REF, dry_run_option, env_argument, output_option, reason_option
from tetra_es_cli.recorded import emit_recorded

if TYPE_CHECKING:
    from tetra_es.refs import Ref


@click.command()
@env_argument()
@click.option(
    "--to",
    "ref",
    type=REF,
    metavar="REF",
    help="State to return to.  [default: before the last change]",
)
@click.option("--force", is_flag=True, help="Replace a generated file that was changed by hand.")
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def rollback(
    app: App,
    environment: str,
    ref: Ref | None,
    force: bool,
    reason: str,
    dry_run: bool,
    output: str,
) -> None:
    """Give ENV the state it had at REF, as a new event.

    Without --to, the state before the last change. A rollback is no change of its own: a second
    one goes on to the state before that, and so on back to the first.
    """
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        kept = workspace.check_drift(environment, force=force)
        position = None
        if ref is not None:
            with workspace.views() as views:
                position = views.position_of(ref, environment)
        done = roll_back(workspace.session, environment, position)
        workspace.settle([done.recorded])
    for path in kept:
        note(f"kept the file that was changed by hand as {path}")
    emit_recorded([done.recorded], output, dry_run=dry_run, nothing="")
    if output == "text":
        emit(
            f"from {environment}@{done.from_revision} "
            f"to the state of {environment}@{done.to_revision} (#{done.to_position})"
        )
