"""`run`: start a command with the secrets of an environment."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError, UsageError
from tetra_es_cli.context import core_dumps
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import env_argument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es_cli.context.app import App

FOLDER_VARIABLE = "TETRA_ES_SECRETS"


@click.command(context_settings={"allow_interspersed_args": False})
@env_argument()
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--files",
    is_flag=True,
    help="Give a folder in memory with a file for each secret, named by $TETRA_ES_SECRETS.",
)
@identity_option
@click.pass_obj
def run(
    app: App, environment: str, command: tuple[str, ...], files: bool, given: tuple[Path, ...]
) -> None:
    """Run COMMAND with the secrets of ENV as variables, in place of this process.

    Options of this command come before ENV: what follows is all COMMAND, -- or not.

    Every ciphertext is checked against its signed event before it is decrypted.
    """
    from tetra_es.usecases.secrets.formats import as_text
    from tetra_es.usecases.secrets.read import read_secrets
    from tetra_es_projections.queries.environments import require_environment

    if command[0] == "--":
        command = command[1:]
    elif command[0].startswith("-"):
        raise UsageError(
            "COMMAND begins with -: it is not a program",
            hint="options of `tetra-es run` come before ENV",
        )
    if not command:
        raise UsageError("no command to run", hint=f"such as `tetra-es run {environment} -- env`")
    with app.reading() as reader:
        require_environment(reader, environment)
        values = read_secrets(reader.log, reader.layout, environment, loader(app, given))
    if files:
        raise SystemExit(_with_files(command, values))
    variables = {key: as_text(key, value, environment) for key, value in values.items()}
    core_dumps.restore_limit()
    try:
        os.execvpe(command[0], command, {**os.environ, **variables})  # noqa: S606 - what run is for
    except OSError as error:
        raise _not_started(command[0], error) from None


def _with_files(command: Sequence[str], values: dict[str, bytes]) -> int:
    """Run a command with a folder of secrets; return its exit code, 128 + N for signal N."""
    from tetra_es_cli.context.tmpfs import memory_folder

    with memory_folder() as folder:
        for key, value in values.items():
            descriptor = os.open(folder / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(value)
        # The terminal's signals reach the command itself; we live on to remove the folder. A
        # handler, unlike SIG_IGN, is not inherited.
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, lambda *_: None)
        try:
            child = subprocess.Popen(
                command,
                env={**os.environ, FOLDER_VARIABLE: str(folder)},
                preexec_fn=core_dumps.restore_limit,  # noqa: PLW1509 - we have no threads
            )
        except OSError as error:
            raise _not_started(command[0], error) from None
        signal.signal(signal.SIGTERM, lambda number, _: child.send_signal(number))
        code = child.wait()
        return code if code >= 0 else 128 - code


def _not_started(name: str, error: OSError) -> TetraEsError:
    hint = "check its name and PATH"
    if error.errno == errno.E2BIG:
        hint = "a variable has room for 128 KiB: use --files"
    return TetraEsError(f"cannot run {name}: {error.strerror}", hint=hint)
