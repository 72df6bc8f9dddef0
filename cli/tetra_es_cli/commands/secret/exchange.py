"""Secrets from and to files, and from one environment to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.usecases.secrets.formats import FORMATS
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import ENVIRONMENT, env_argument, key_argument
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import write_raw
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.command("import")
@env_argument()
@click.argument("file", type=click.Path(path_type=Path))
@recording_options
@click.pass_obj
def import_(app: App, environment: str, file: Path, how: Recording) -> None:
    """Set the secrets of a dotenv FILE, all of them or none."""
    from tetra_es.usecases.secrets.dotenv import read_dotenv
    from tetra_es.usecases.secrets.set_secrets import SetSecrets

    emit_recorded(app.act(SetSecrets(environment, read_dotenv(file)), how).recorded, how)
    if not how.dry_run and file.is_file():  # rather than a pipe
        note(f"{file} still holds the values in the open: remove it when you are sure")


@click.command()
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
    from tetra_es.usecases.secrets.formats import formatted
    from tetra_es.usecases.secrets.read import read_secrets
    from tetra_es_projections.queries.environments import require_environment

    with app.reading() as reader:
        require_environment(reader, environment)
        values = read_secrets(reader.log, reader.layout, environment, loader(app, given))
    write_raw(formatted(values, form))


@click.command()
@env_argument()
@key_argument
@click.option(
    "--to", "target", type=ENVIRONMENT, required=True, metavar="ENV", help="Where to set it."
)
@identity_option
@recording_options
@click.pass_obj
def copy(
    app: App, environment: str, key: str, target: str, given: tuple[Path, ...], how: Recording
) -> None:
    """Set KEY in another environment to the value that it has in ENV."""
    from tetra_es.usecases.secrets.set_secrets import CopySecret

    use_case = CopySecret(environment, key, target, app.layout(), loader(app, given))
    emit_recorded(app.act(use_case, how).recorded, how)
