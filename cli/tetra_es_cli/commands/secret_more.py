"""The parts of `secret` that look across versions, and the editor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.refs import RevisionRef
from tetra_es.usecases.exposure import exposure
from tetra_es.usecases.secrets import set_secrets
from tetra_es_cli.commands.secret import identity_option, secret
from tetra_es_cli.context.identities import present_values
from tetra_es_cli.context.params import ENVIRONMENT, REF, env_argument, output_option, reason_option
from tetra_es_cli.context.secret_values import formatted, read_dotenv
from tetra_es_cli.context.tmpfs import memory_folder
from tetra_es_cli.output.plain import emit_rows
from tetra_es_cli.output.recorded_events import emit_recorded
from tetra_es_cli.secret_states import secrets_at

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@secret.command()
@env_argument()
@identity_option
@reason_option
@output_option("text", "json")
@click.pass_obj
def edit(app: App, environment: str, given: tuple[Path, ...], reason: str, output: str) -> None:
    """Edit all secrets of ENV in $VISUAL or $EDITOR, in memory alone.

    Only what was changed is recorded. The file is on tmpfs and gone afterwards; what an editor
    writes elsewhere (a swap or backup folder of its own) is for you to turn off.
    """
    if app.no_input:
        raise TetraEsError("edit needs an editor, and --no-input forbids it")
    with app.changing() as workspace:
        workspace.session.organization().environment_named(environment)
        vault = workspace.session.vault(environment)
        vault.check_readable()
        values = present_values(app, workspace.layout, workspace.session.log, vault, given)
    with memory_folder() as folder:
        file = folder / f"{environment}.env"
        file.touch(0o600)
        file.write_bytes(formatted(values, "dotenv"))
        edited = _edited(file)
    changed = {key: value for key, value in edited.items() if values.get(key) != value}
    removed = [key for key in values if key not in edited]
    if removed and sys.stdin.isatty():
        click.confirm(f"Remove {', '.join(removed)}?", abort=True, err=True)
    recorded = []
    if changed or removed:
        with app.changing(reason=reason) as workspace:
            recorded = set_secrets(
                workspace.session, environment, changed, removed=removed, seen=vault.present
            )
            workspace.settle(recorded)
    emit_recorded(recorded, output, dry_run=False, nothing="nothing was changed")


def _edited(file: Path) -> dict[str, bytes]:
    """Return what is in the file once it was edited, which a person may do until it can be read."""
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
            click.echo(f"tetra-es: {error.message}", err=True)
            click.confirm("Edit it again?", default=True, abort=True, err=True)


@secret.command()
@click.argument("before", metavar="REF", type=REF)
@click.argument("after", metavar="REF", type=REF)
@click.option("--env", "environment", type=ENVIRONMENT, metavar="ENV", help="Of which environment.")
@output_option("table", "json", "jsonl")
@click.pass_obj
def diff(app: App, before: Ref, after: Ref, environment: str | None, output: str) -> None:
    """Show which secrets differ between two states, by name and version; never values."""
    named = [ref.environment for ref in (before, after) if isinstance(ref, RevisionRef)]
    name = environment or (named[0] if named else None)
    if name is None or any(other != name for other in named):
        raise UsageError(
            "of which environment?", hint="name two revisions of one, or give it with --env"
        )
    with app.reading() as reader:
        old, new = (secrets_at(reader, name, ref) for ref in (before, after))
    rows = [
        {"key": key, "before": old.get(key), "after": new.get(key)}
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]
    emit_rows(rows, output, ("key", "before", "after"), empty="the same secrets")


@secret.command("exposure")
@click.argument("recipient")
@output_option("table", "json", "jsonl", "csv")
@click.pass_obj
def exposure_(app: App, recipient: str, output: str) -> None:
    """List every secret version that RECIPIENT, a name or a key, could ever read.

    What is not rotated yet is what to rotate when somebody leaves.
    """
    with app.reading() as reader:
        rows = [vars(one) for one in exposure(reader.log, recipient)]
    columns = ("environment", "key", "version", "rotated", "purged")
    emit_rows(rows, output, columns, empty=f"{recipient} could never read a secret")
