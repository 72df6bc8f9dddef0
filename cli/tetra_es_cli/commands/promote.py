"""`promote`: generate an environment from the source of truth."""

from __future__ import annotations

import click

from tetra_es.usecases.promote import promote as promote_environment
from tetra_es_cli.context.app import App, note, warn
from tetra_es_cli.context.params import (
    ENVIRONMENT,
    dry_run_option,
    env_argument,
    output_option,
    reason_option,
)
from tetra_es_cli.output.recorded import emit_recorded


@click.command()
@env_argument()
@click.option(
    "--from",
    "via",
    type=ENVIRONMENT,
    default="local",
    metavar="ENV",
    help="Take the source revision that ENV was generated from: promote what was tested there.",
)
@click.option("--force", is_flag=True, help="Replace a generated file that was changed by hand.")
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def promote(
    app: App, environment: str, via: str, force: bool, reason: str, dry_run: bool, output: str
) -> None:
    """Generate ENV from the source of truth through its profile."""
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        kept = workspace.check_drift(environment, force=force)
        promotion = promote_environment(workspace.session, environment, via=via)
        recorded = [promotion.recorded] if promotion.recorded else []
        workspace.settle(recorded)
        if kept:
            workspace.restore(environment)
    for path in kept:
        note(f"kept the file that was changed by hand as {path}")
    for warning in promotion.warnings:
        warn(warning, "promote it there first, or use --from")
    emit_recorded(
        recorded,
        output,
        dry_run=dry_run,
        nothing=f"nothing to do: {environment} has local@{promotion.source_revision} already",
    )
