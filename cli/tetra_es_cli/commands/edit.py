"""`edit` and `record`: change files with an editor, and record what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es.usecases.edit import SOURCE
from tetra_es_cli.commands.assign import present_text, split_target
from tetra_es_cli.context.params import allow_option, dry_run_option, output_option, reason_option
from tetra_es_cli.context.workspace import record_pending
from tetra_es_cli.output.recorded import emit_recorded, warn_unused

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("words", nargs=-1, metavar="[WHERE]")
@allow_option
@reason_option
@output_option("text", "json")
@click.pass_obj
def edit(
    app: App, words: tuple[str, ...], allow: tuple[str, ...], reason: str, output: str
) -> None:
    """Open a file in $VISUAL or $EDITOR and record what was changed.

    WHERE is local (the default), manifest, or profile ENV. A text that is not valid TOML is not
    recorded; it stays in the file to be mended.
    """
    target, rest = split_target(words or (SOURCE.kind,))
    if rest:
        raise click.UsageError(f"unexpected: {' '.join(rest)}")
    if app.no_input:
        raise TetraEsError(
            "edit needs an editor, and --no-input forbids it",
            hint="use `tetra-es set`, or change the file and run `tetra-es record`",
        )
    # The lock is not held while somebody thinks: others may record meanwhile.
    with app.changing(reason=reason) as workspace:
        path = workspace.layout.file(target.path)
        if not path.exists():
            text = present_text(workspace.session, target)
            workspace.projections.files.restore(target.path, text.encode())
    try:
        click.edit(filename=str(path))
    except click.ClickException as error:
        raise TetraEsError(
            f"{error.format_message()}; nothing was recorded",
            hint=f"set EDITOR, or change {path} yourself and run `tetra-es record`",
        ) from error
    with app.changing(reason=reason, record_edits=False) as workspace:
        recorded = record_pending(workspace, reason=reason, only=target, quiet=True, allow=allow)
        workspace.settle(recorded)
    warn_unused(allow, recorded)
    emit_recorded(recorded, output, dry_run=False, nothing="nothing was changed")


@click.command()
@allow_option
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def record(app: App, allow: tuple[str, ...], reason: str, dry_run: bool, output: str) -> None:
    """Record what was changed by hand in local.toml, manifest.toml and the profiles."""
    with app.changing(reason=reason, dry_run=dry_run, record_edits=False) as workspace:
        recorded = record_pending(workspace, reason=reason, quiet=True, allow=allow)
        workspace.settle(recorded)
    warn_unused(allow, recorded)
    emit_recorded(recorded, output, dry_run=dry_run, nothing="nothing was changed by hand")
