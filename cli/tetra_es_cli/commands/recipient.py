"""`recipient`: who can read the secrets of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es_cli import answers
from tetra_es_cli.context.candidates import RECIPIENT
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.identities import identities, identity_option, loader
from tetra_es_cli.context.params import REF, env_argument, listing_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.console import ignore_progress, warn
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.group(cls=CommandGroup)
def recipient() -> None:
    """Manage who can read the secrets of an environment: access to dev gives none to prod."""


@recipient.command("list")
@env_argument()
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@listing_option
@click.pass_obj
def list_(app: App, environment: str, ref: Ref | None, output: str) -> None:
    """List the recipients of ENV."""
    with app.reading() as reader:
        found = answers.recipients(reader, environment, ref)
    emit(found, output)


@recipient.command()
@env_argument()
@click.argument("name")
@click.argument("key", metavar="RECIPIENT")
@identity_option
@recording_options
@click.pass_obj
def add(
    app: App, environment: str, name: str, key: str, given: tuple[Path, ...], how: Recording
) -> None:
    """Let NAME read the secrets of ENV.

    RECIPIENT is an age recipient (age1...), an SSH public key (ssh-ed25519, ssh-rsa), or the
    path of a file with one. Secrets that are there are encrypted again, for which you must be
    able to read them.
    """
    from tetra_es.usecases.keys import recipient_text
    from tetra_es.usecases.secrets.recipients import AddRecipient

    text = recipient_text(key)
    with reporting() as report:
        use_case = AddRecipient(
            environment, name, loader(app, given), report or ignore_progress, text
        )
        done = app.act(use_case, how)
    emit_recorded(done.recorded, how)


@recipient.command()
@env_argument()
@click.argument("name", type=RECIPIENT)
@identity_option
@recording_options
@click.pass_obj
def rm(app: App, environment: str, name: str, given: tuple[Path, ...], how: Recording) -> None:
    """Stop NAME from reading the secrets of ENV from now on.

    NAME still knows, and can decrypt in a clone, what could be read so far: rotate those.
    """
    from tetra_es.usecases.secrets.recipients import RemoveRecipient

    with reporting() as report:
        use_case = RemoveRecipient(environment, name, loader(app, given), report or ignore_progress)
        done = app.act(use_case, how)
    emit_recorded(done.recorded, how)
    if done.result is not None and _is_own(app, done.result, given):
        warn(f"that was you: you can no longer read the secrets of {environment}")


def _is_own(app: App, text: str, given: tuple[Path, ...]) -> bool:
    from tetra_es.usecases.keys import can_read

    try:
        return can_read(identities(app, given), text)
    except TetraEsError:
        return False
