"""Secrets from and to files, and from one environment to another."""

from __future__ import annotations

import os
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.usecases.secrets.env_quoting import READERS
from tetra_es.usecases.secrets.formats import FORMATS
from tetra_es_cli.context.become import become_option
from tetra_es_cli.context.identities import identity_option, loader, silent_loader
from tetra_es_cli.context.params import ENVIRONMENT, env_argument, key_argument
from tetra_es_cli.context.paths import ADDRESS, ADDRESS_FOR_FILE, is_address
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.console import note, warn
from tetra_es_cli.output.emit import write_raw
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.usecases.secrets.env_text import Reader
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.command("import")
@env_argument()
@click.argument("file", required=False, type=ADDRESS)
@click.option(
    "--from-host",
    "host",
    metavar="HOST",
    help="Read FILE on this host, as ssh takes it; by default the env file of ENV's services.",
)
@click.option(
    "--read-as",
    "reader",
    type=click.Choice(["shell", "systemd"]),
    help="Whose reading of an env file counts where the two differ.",
)
@click.option(
    "--shell",
    "shell",
    is_flag=True,
    help="Take what a shell would read; nothing is run. The same as --read-as shell.",
)
@become_option
@recording_options
@click.pass_obj
def import_(
    app: App,
    environment: str,
    file: str | None,
    host: str | None,
    reader: Reader | None,
    shell: bool,
    how: Recording,
) -> None:
    """Set the secrets of a dotenv FILE, or - for standard input: all of them or none.

    Keys that a shell which sources FILE would give other values are named; --shell takes those.
    With --from-host, of an env file on a server: its values come through the ssh session, and
    into no file. What systemd and a shell, such as tsm, read differently is refused. Values that
    ENV has already are left as they are, where your own identity can read them.
    """
    from tetra_es.usecases.secrets.dotenv import compared_with_shells
    from tetra_es.usecases.secrets.set_secrets import ImportSecrets

    if shell and reader == "systemd":
        raise UsageError("--shell and --read-as systemd differ", hint="leave one of them out")
    if file and not host and is_address(file):
        raise UsageError(f"FILE: {ADDRESS_FOR_FILE}")
    reader = "shell" if shell else reader
    if file is None and not host:
        raise UsageError("no FILE given", hint="name a dotenv file, or a server with --from-host")
    if file and not host:
        file = _on_this_machine(file)
    here = compared_with_shells(Path(file)) if file and not (host or reader) else None
    values = here.values if here else _read(app, environment, host, file, reader)
    done = app.act(ImportSecrets(environment, values, silent_loader(app)), how)
    count = len(done.result)
    same = f"{count} {'value is' if count == 1 else 'values are'} the same as before"
    emit_recorded(done.recorded, how, more=[same] if count else [])
    if here and here.repeated:
        several = ", ".join(here.repeated)
        warn(f"{file} gives {several} several values: the last one counts")
    if here and here.otherwise_in_shells:
        take = f"`tetra-es secret import {environment} {quote(str(file))} --shell` takes that"
        warn(
            f"a shell that reads {file} sets something else for "
            f"{', '.join(here.otherwise_in_shells)}",
            take if here.plain else "a shell would work some of them out: set those one by one",
        )
    if not host and not how.dry_run and Path(file or "").is_file():  # rather than a pipe
        note(f"{file} still holds the values in the open: remove it when you are sure")


def _on_this_machine(file: str) -> str:
    """Return the path of a file here. Raises `TetraEsError` where there is none."""
    if file == "-":
        return "/dev/stdin"
    if not os.path.lexists(file):
        raise TetraEsError(
            f"cannot read {file}: No such file or directory",
            hint="name a dotenv file, or - for standard input",
        )
    return file


def _read(
    app: App, environment: str, host: str | None, file: str | None, reader: Reader | None
) -> Mapping[str, bytes]:
    """Return the values of a file on a server, or of one here as `reader` reads it."""
    from tetra_es.usecases.secrets.dotenv import read_file
    from tetra_es.usecases.secrets.env_text import read_env

    if host or file is None:
        return _on_host(app, environment, host or "", file, reader)
    return read_env(read_file(Path(file)), file, reader).values


def _on_host(
    app: App, environment: str, host: str, file: str | None, reader: Reader | None
) -> Mapping[str, bytes]:
    """Return the values of a file on a server."""
    from tetra_es.usecases.deploy.host_secrets import secrets_on
    from tetra_es_cli.context.servers import access_of, known_deployments

    with known_deployments(app) as known:
        found = secrets_on(known, access_of(app), environment, host, file, reader)
    for remark in found.remarks:
        note(f"{host}: {remark}")
    return found.values


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
@click.option(
    "--for",
    "readers",
    type=click.Choice(READERS),
    multiple=True,
    help="Who will read a dotenv file; may be repeated.  [default: all of them]",
)
@identity_option
@click.pass_obj
def export(
    app: App, environment: str, form: str, readers: tuple[str, ...], given: tuple[Path, ...]
) -> None:
    """Print all secrets of ENV in a format that other programs read.

    A dotenv file is quoted so that Node's --env-file, npm's dotenv, python-dotenv, docker's
    --env-file and bash read the same values. What they would not read alike is refused, with the
    key and the reader; --for names those who will read the file.
    """
    from tetra_es.usecases.secrets.formats import formatted
    from tetra_es.usecases.secrets.read import read_secrets
    from tetra_es_projections.queries.environments import require_environment

    if readers and form != "dotenv":
        raise UsageError("--for is for --format dotenv", hint=f"leave it out with {form}")
    with app.reading() as reader:
        require_environment(reader, environment)
        values = read_secrets(reader.log, reader.layout, environment, loader(app, given))
    write_raw(formatted(values, form, readers or READERS, environment))


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
