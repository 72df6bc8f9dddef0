"""Edit secrets in an editor, in memory alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import env_argument, reason_option, report_option
from tetra_es_cli.context.recording import Recording
from tetra_es_cli.output.console import note
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tetra_es_cli.context.app import App


@click.command()
@env_argument()
@identity_option
@reason_option
@report_option
@click.pass_obj
def edit(app: App, environment: str, given: tuple[Path, ...], reason: str, output: str) -> None:
    """Edit all secrets of ENV in $VISUAL or $EDITOR, in memory alone.

    Only what was changed is recorded. The file is on tmpfs and gone afterwards; what an editor
    writes elsewhere (a swap or backup folder of its own) is for you to turn off.
    """
    from tetra_es.usecases.secrets.edit import SecretsToEdit
    from tetra_es.usecases.secrets.set_secrets import SetSecrets

    if app.no_input:
        raise TetraEsError("edit needs an editor, and --no-input forbids it")
    how = Recording(reason, output=output)
    begun = app.act(SecretsToEdit(environment, app.layout(), loader(app, given)), how).result
    edited = _edited(environment, begun.values)
    changed = {key: value for key, value in edited.items() if begun.values.get(key) != value}
    removed = [key for key in begun.values if key not in edited]
    if removed and sys.stdin.isatty():
        click.confirm(f"Remove {', '.join(removed)}?", abort=True, err=True)
    recorded = []
    if changed or removed:
        use_case = SetSecrets(environment, changed, removed, seen=begun.versions)
        recorded = app.act(use_case, how).recorded
    emit_recorded(recorded, how, nothing="nothing was changed")


def _edited(environment: str, values: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the values after a person edited them, which takes until they can be read."""
    from tetra_es.usecases.secrets.dotenv import read_dotenv
    from tetra_es.usecases.secrets.formats import for_editing
    from tetra_es_cli.context.tmpfs import memory_folder

    with memory_folder() as folder:
        file = folder / f"{environment}.env"
        file.touch(0o600)
        file.write_bytes(for_editing(values))
        while True:
            try:
                click.edit(filename=str(file))
            except click.ClickException as error:
                raise TetraEsError(f"{error.format_message()}; nothing was recorded") from None
            try:
                return read_dotenv(file) if file.read_bytes().strip() else {}
            except TetraEsError as error:
                if not sys.stdin.isatty():
                    raise
                note(error.message)
                click.confirm("Edit it again?", default=True, abort=True, err=True)
