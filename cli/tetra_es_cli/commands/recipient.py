"""`recipient`: who can read the secrets of an environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.crypto.age.recipients import parse_recipient
from tetra_es.errors import TetraEsError
from tetra_es.integrity.store import sound_vault
from tetra_es.usecases.recipients import add_recipient, remove_recipient
from tetra_es_cli.commands.secret import identity_option
from tetra_es_cli.context.console import warn
from tetra_es_cli.context.identities import identities, loader
from tetra_es_cli.context.listing import require_environment
from tetra_es_cli.context.params import dry_run_option, env_argument, output_option, reason_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.output.plain import emit_rows
from tetra_es_cli.output.recorded_events import emit_recorded

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.group()
def recipient() -> None:
    """Manage who can read the secrets of an environment: access to dev gives none to prod."""


@recipient.command("list")
@env_argument()
@output_option("table", "json", "jsonl", "csv")
@click.pass_obj
def list_(app: App, environment: str, output: str) -> None:
    """List the recipients of ENV."""
    with app.reading() as reader:
        require_environment(reader, environment)
        vault = sound_vault(reader.log, environment)
    rows = [{"name": name, "recipient": text} for name, text in sorted(vault.recipients.items())]
    emit_rows(rows, output, ("name", "recipient"), empty=f"{environment} has no recipients")


@recipient.command()
@env_argument()
@click.argument("name")
@click.argument("key", metavar="RECIPIENT")
@identity_option
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def add(
    app: App,
    environment: str,
    name: str,
    key: str,
    given: tuple[Path, ...],
    reason: str,
    dry_run: bool,
    output: str,
) -> None:
    """Let NAME read the secrets of ENV.

    RECIPIENT is an age recipient (age1...), an SSH public key (ssh-ed25519, ssh-rsa), or the
    path of a file with one. Secrets that are there are encrypted anew, for which you must be
    able to read them.
    """
    text = _recipient_text(key)
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        with reporting() as report:
            recorded = add_recipient(
                workspace.session, environment, name, text, loader(app, given), report
            )
        workspace.settle(recorded)
    emit_recorded(recorded, output, dry_run=dry_run, nothing="")


def _recipient_text(key: str) -> str:
    """Return what was given, or what is in the file of that name."""
    private = "KEY-" in key.upper() or "PRIVATE" in key.upper()
    if private or key.startswith("age1") or " " in key.strip():
        return parse_recipient(key).text  # which refuses a private key without quoting it
    return _read(Path(key))


@recipient.command()
@env_argument()
@click.argument("name")
@identity_option
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def rm(
    app: App,
    environment: str,
    name: str,
    given: tuple[Path, ...],
    reason: str,
    dry_run: bool,
    output: str,
) -> None:
    """Let NAME no longer read what the secrets of ENV are from now on.

    NAME still knows, and can decrypt in a clone, what could be read so far: rotate those.
    """
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        before = workspace.session.vault(environment).recipients.get(name)
        with reporting() as report:
            recorded = remove_recipient(
                workspace.session, environment, name, loader(app, given), report
            )
        workspace.settle(recorded)
    emit_recorded(recorded, output, dry_run=dry_run, nothing="")
    if before is not None and _is_own(app, before, given):
        warn(f"that was you: you can no longer read the secrets of {environment}")


def _is_own(app: App, text: str, given: tuple[Path, ...]) -> bool:
    from tetra_es.crypto.age.identities import recipient_of

    try:
        return any(recipient_of(one).text == text for one in identities(app, given))
    except TetraEsError:
        return False


def _read(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}", hint="give a recipient or a file with one"
        ) from error
    return next((line for line in lines if line and not line.startswith("#")), "")
