"""`signer`: who may sign events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es_cli import answers
from tetra_es_cli.context.candidates import SIGNER
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.params import REF, listing_option, may_option
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.emit import emit, say, write_raw
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.group(cls=CommandGroup)
def signer() -> None:
    """Manage the keys that sign events."""


@signer.command()
@click.pass_obj
def new(app: App) -> None:
    """Make a signing key for yourself and print its public half, for a signer to add."""
    say(app.own_key().create())


@signer.command("list")
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@listing_option
@click.pass_obj
def list_(app: App, ref: Ref | None, output: str) -> None:
    """List the signers."""
    with app.reading() as reader:
        found = answers.signers(reader, ref)
    emit(found, output)


@signer.command()
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@click.pass_obj
def export(app: App, ref: Ref | None) -> None:
    """Print the `allowed_signers` file for `ssh-keygen -Y verify`.

    A signature counts if its key was a signer's at that event: with --at, the signers of then.
    """
    with app.reading() as reader:
        text = answers.allowed_signers(reader, ref)
    write_raw(text.encode())


@signer.command()
@click.argument("name")
@click.argument("key", metavar="KEY")
@may_option
@recording_options
@click.pass_obj
def add(app: App, name: str, key: str, may: tuple[str, ...], how: Recording) -> None:
    """Let NAME sign. KEY is the path of a .pub file, or its line.

    Limits are edit:local and, with an environment, promote:ENV, rollback:ENV, secret:ENV,
    recipient:ENV, deploy:ENV and approve:ENV.
    """
    from tetra_es.usecases.keys import check_key_text, only_key
    from tetra_es.usecases.signers import AddSigner

    check_key_text(key)
    given = key.startswith(("ssh-", "ecdsa-", "sk-"))
    line = only_key(key, "KEY") if given else only_key(_read(Path(key)), key)
    emit_recorded(app.act(AddSigner(name, line, may), how).recorded, how)


@signer.command()
@click.argument("name", type=SIGNER)
@recording_options
@click.pass_obj
def rm(app: App, name: str, how: Recording) -> None:
    """Stop NAME from signing. What NAME signed stays valid."""
    from tetra_es.usecases.signers import RemoveSigner

    emit_recorded(app.act(RemoveSigner(name), how).recorded, how)


def _read(path: Path) -> str:
    from tetra_es.usecases.keys import read_key_text

    try:
        return read_key_text(path)
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}", hint="give the path of a .pub file or its line"
        ) from error
