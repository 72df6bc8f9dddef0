"""`promote`: generate an environment from the source of truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import ENVIRONMENT, GENERATED, env_argument
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.console import warn
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.command()
@env_argument(type=GENERATED)
@click.option(
    "--from",
    "via",
    type=ENVIRONMENT,
    default="local",
    metavar="ENV",
    help="Take the source revision that ENV was generated from: promote what was tested there.",
)
@click.option("--force", is_flag=True, help="Replace a generated file that was changed by hand.")
@recording_options
@click.pass_obj
def promote(app: App, environment: str, via: str, force: bool, how: Recording) -> None:
    """Generate ENV from the source of truth through its profile."""
    from tetra_es.usecases.config.promote import Promote

    done = app.act(Promote(environment, via, force), how)
    if skipped := done.result.skipped:
        warn(skipped.warning, f"`tetra-es promote {skipped.environment}` promotes it there")
    nothing = f"{environment} has local@{done.result.source_revision} already"
    if done.written_again:
        wrote = f"{'would write' if how.dry_run else 'wrote'} {done.written_again} again"
        nothing = f"{wrote}: {nothing}"
    else:
        nothing = f"nothing to do: {nothing}"
    emit_recorded(done.recorded, how, nothing=nothing)
