"""`secret`: set, read and list the secrets of an environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tetra_es.errors import UsageError
from tetra_es.integrity.store import sound_vault
from tetra_es.names import check_secret_name
from tetra_es.usecases.secrets import (
    mark_compromised,
    purge_secret,
    read_secrets,
    remove_secret,
    set_secrets,
)
from tetra_es_cli.context import core_dumps
from tetra_es_cli.context.console import note, warn
from tetra_es_cli.context.identities import identities, present_values
from tetra_es_cli.context.listing import require_environment
from tetra_es_cli.context.params import (
    ENVIRONMENT,
    SECRET,
    dry_run_option,
    env_argument,
    output_option,
    reason_option,
)
from tetra_es_cli.context.secret_values import FORMATS, formatted, read_dotenv, read_value
from tetra_es_cli.output.plain import emit_raw, emit_rows
from tetra_es_cli.output.recorded_events import emit_recorded

if TYPE_CHECKING:
    from tetra_es.model.secrets import Vault
    from tetra_es_cli.context.app import App, Reader

key_argument = click.argument("key", metavar="KEY", type=SECRET)
version_option = click.option(
    "--version", "number", type=click.IntRange(min=1), required=True, help="Which value of the key."
)
identity_option = click.option(
    "-i",
    "--identity",
    "given",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An age identity or SSH key to decrypt with.  [default: your own]",
)


@click.group()
def secret() -> None:
    """Manage secrets: encrypted with age, recorded as events, never in TOML."""
    core_dumps.forbid()


@secret.command("set", context_settings={"allow_extra_args": True})
@env_argument()
@key_argument
@click.option(
    "--from-file", "file", type=click.Path(path_type=Path), metavar="FILE", help="Read it there."
)
@click.option(
    "--expect",
    type=click.IntRange(min=0),
    metavar="VERSION",
    help="Refuse when the present version is another one; 0 for a new secret.",
)
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_context
def set_(
    ctx: click.Context,
    environment: str,
    key: str,
    file: Path | None,
    expect: int | None,
    reason: str,
    dry_run: bool,
    output: str,
) -> None:
    """Set KEY to a value from standard input, a hidden prompt or a file; never an argument.

    Needs no identity: whoever knows the recipients can set what they alone can read.
    """
    if ctx.args or "=" in key:  # to be said without repeating it
        raise UsageError(
            "a value is never an argument",
            hint="pipe it in, and take another value: a shell's history has this one now",
        )
    app: App = ctx.obj
    value = read_value(app, check_secret_name(key), file)
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        seen = None if expect is None else {key: expect}
        recorded = set_secrets(workspace.session, environment, {key: value}, seen=seen)
        workspace.settle(recorded)
    emit_recorded(recorded, output, dry_run=dry_run, nothing="")
    if not value:
        warn(f"{key} is empty now", "was that meant? A command in a pipe may have failed")


@secret.command("import")
@env_argument()
@click.argument("file", type=click.Path(path_type=Path))
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def import_(
    app: App, environment: str, file: Path, reason: str, dry_run: bool, output: str
) -> None:
    """Set the secrets of a dotenv FILE, all of them or none."""
    values = read_dotenv(file)
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        recorded = set_secrets(workspace.session, environment, values)
        workspace.settle(recorded)
    emit_recorded(recorded, output, dry_run=dry_run, nothing="")
    if not dry_run:
        note(f"{file} still holds the values in the open: remove it when you are sure")


@secret.command()
@env_argument()
@key_argument
@identity_option
@click.pass_obj
def get(app: App, environment: str, key: str, given: tuple[Path, ...]) -> None:
    """Print the value of KEY, byte for byte."""
    with app.reading() as reader:
        vault = _vault(reader, environment)
        vault.check_present(key)
        folder = reader.layout.secrets(environment)
        values = read_secrets(reader.log, vault, identities(app, given), [key], folder=folder)
    emit_raw(values[key])


@secret.command()
@env_argument()
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="dotenv",
    show_default=True,
    help="For dotenv, JSON, systemd's EnvironmentFile, or `eval` in a shell.",
)
@identity_option
@click.pass_obj
def export(app: App, environment: str, form: str, given: tuple[Path, ...]) -> None:
    """Print all secrets of ENV in a format that other programs read."""
    with app.reading() as reader:
        vault = _vault(reader, environment)
        values = present_values(app, reader.layout, reader.log, vault, given)
    emit_raw(formatted(values, form))


@secret.command("list")
@env_argument()
@output_option("table", "json", "jsonl", "csv")
@click.pass_obj
def list_(app: App, environment: str, output: str) -> None:
    """List the secrets of ENV: names and versions, who set them and when; never values."""
    with app.reading() as reader:
        vault = _vault(reader, environment)
        rows = [_row(reader, vault, key) for key, _, _ in vault.sealed()]
    emit_rows(
        rows,
        output,
        ("key", "version", "actor", "time", "recipients"),
        empty=f"{environment} has no secrets",
    )


@secret.command()
@env_argument()
@key_argument
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def rm(app: App, environment: str, key: str, reason: str, dry_run: bool, output: str) -> None:
    """Remove KEY from ENV. Its versions stay in the history until they are purged."""
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        recorded = remove_secret(workspace.session, environment, key)
        workspace.settle(recorded)
    emit_recorded(recorded, output, dry_run=dry_run, nothing="")


@secret.command()
@env_argument()
@key_argument
@click.option(
    "--to", "target", type=ENVIRONMENT, required=True, metavar="ENV", help="Where to set it."
)
@identity_option
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def copy(
    app: App,
    environment: str,
    key: str,
    target: str,
    given: tuple[Path, ...],
    reason: str,
    dry_run: bool,
    output: str,
) -> None:
    """Set KEY in another environment to the value that it has in ENV."""
    if target == environment:
        raise UsageError(f"{key} is in {environment} already")
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        session = workspace.session
        vault = session.vault(environment)
        vault.check_present(key)
        folder = workspace.layout.secrets(environment)
        values = read_secrets(session.log, vault, identities(app, given), [key], folder=folder)
        recorded = set_secrets(session, target, values)
        workspace.settle(recorded)
    emit_recorded(recorded, output, dry_run=dry_run, nothing="")


@secret.command()
@env_argument()
@key_argument
@version_option
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def compromised(
    app: App, environment: str, key: str, number: int, reason: str, dry_run: bool, output: str
) -> None:
    """Mark a version of KEY as known to others: a rollback never brings it back."""
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        recorded = mark_compromised(workspace.session, environment, key, number)
        workspace.settle(recorded)
        present = workspace.session.vault(environment).present.get(key) == number
    emit_recorded(recorded, output, dry_run=dry_run, nothing="")
    if present:
        note(f"{key} still has this value: set a new one")


@secret.command()
@env_argument()
@key_argument
@version_option
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def purge(
    app: App, environment: str, key: str, number: int, reason: str, dry_run: bool, output: str
) -> None:
    """Destroy the ciphertext of a version of KEY in the store, the files and the mirror.

    There is no way back. The mirror's commits from that secret on get new ids; clones and
    remotes keep what they have until they are cleaned as well.
    """
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        recorded = purge_secret(workspace.session, environment, key, number)
        workspace.settle(recorded)
    emit_recorded(recorded, output, dry_run=dry_run, nothing="")
    if not dry_run:
        note("the mirror was rewritten: clones and remotes of it still have the ciphertext")


def _vault(reader: Reader, environment: str) -> Vault:
    """Return the secrets of an environment. Raises `UsageError` where there is no such one."""
    require_environment(reader, environment)
    return sound_vault(reader.log, environment)


def _row(reader: Reader, vault: Vault, key: str) -> dict[str, Any]:
    number = vault.present[key]
    version = vault.version_of(key, number)
    by_name = {text: name for name, text in vault.recipients.items()}
    newest = reader.views.history(environment=vault.environment, key=key, limit=1)[0]
    return {
        "key": key,
        "version": number,
        "actor": newest.actor,
        "time": newest.time,
        "reason": newest.reason,
        "event": newest.event,
        "compromised": version.compromised,
        "recipients": ", ".join(sorted(by_name.get(text, text) for text in version.recipients)),
    }
