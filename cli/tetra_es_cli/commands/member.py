"""`member`: who takes part, as a signer and as a reader of secrets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli import answers
from tetra_es_cli.context.candidates import MEMBER
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import ENVIRONMENTS, listing_option, may_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.console import ignore_progress
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.members import emit_added, emit_removed

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.group(cls=CommandGroup)
def member() -> None:
    """Add and remove people and machines: what they sign, and which secrets they read."""


@member.command("list")
@listing_option
@click.pass_obj
def list_(app: App, output: str) -> None:
    """List the members: their keys, what they may do, and which secrets they read."""
    with app.reading() as reader:
        found = answers.members(reader)
    emit(found, output)


@member.command()
@click.argument("name", type=MEMBER)
@click.argument("key_file", metavar="KEYFILE", type=click.Path(allow_dash=True))
@click.option(
    "--reads",
    multiple=True,
    type=ENVIRONMENTS,
    metavar="ENV,ENV",
    help="Let NAME read the secrets of these environments, or of all.  [default: of none]",
)
@may_option
@click.option(
    "--replace", is_flag=True, help="Have the keys take the place of other ones that NAME has."
)
@identity_option
@recording_options
@click.pass_obj
def add(
    app: App,
    name: str,
    key_file: str,
    reads: tuple[tuple[str, ...], ...],
    may: tuple[str, ...],
    replace: bool,
    given: tuple[Path, ...],
    how: Recording,
) -> None:
    """Let NAME sign and, with --reads, read secrets: one batch of events.

    KEYFILE, or standard input for -, holds what NAME sends: the line that `tetra-es identity
    line` prints, with a public SSH key to sign with and a recipient (age1...) to read with.
    Present secrets are encrypted again, for which you must be able to read them.

    If NAME is a member already, what is missing is added. Where a key was lost, --replace ends what
    the old one can do, in the same batch: its signing, and its reading in every environment. Limits
    stay unless --may gives others. `signer add` says which limits there are.
    """
    from tetra_es.usecases.members.add import AddMember, add_member
    from tetra_es.usecases.members.key_file import parse_keys
    from tetra_es.usecases.secrets.recipients import Decrypting

    keys = parse_keys(*_read(app, key_file))
    wanted = [environment for each in reads for environment in each]
    if not wanted:
        keys.refuse_two_of_one_kind()
    with reporting() as report, app.workspace(how) as workspace:
        decrypting = Decrypting(loader(app, given), report or ignore_progress)
        added = add_member(workspace, AddMember(name, keys, wanted, may, decrypting, replace))
    emit_added(name, keys, added, how)


@member.command()
@click.argument("name", type=MEMBER)
@identity_option
@recording_options
@click.pass_obj
def rm(app: App, name: str, given: tuple[Path, ...], how: Recording) -> None:
    """Stop NAME from signing and from reading secrets: one batch of events.

    Present secrets are encrypted again, for which you must be able to read them. NAME still knows
    what could be read so far: those secrets are listed, by environment. A recipient with another
    name and one of the keys of NAME goes, too. What NAME signed stays valid.
    """
    from tetra_es.usecases.members.remove import RemoveMember
    from tetra_es.usecases.secrets.recipients import Decrypting

    with reporting() as report:
        decrypting = Decrypting(loader(app, given), report or ignore_progress)
        done = app.act(RemoveMember(name, decrypting), how)
    emit_removed(name, done, how)


def _read(app: App, key_file: str) -> tuple[bytes, str]:
    """Return what KEYFILE holds, and what messages call it."""
    from tetra_es.usecases.keys import check_key_text
    from tetra_es.usecases.members.key_file import MAX_SIZE, read_key_file

    if key_file != "-":
        check_key_text(key_file)
        return read_key_file(Path(key_file)), key_file
    if sys.stdin.isatty() and app.no_input:
        raise UsageError("no keys given", hint="pipe them in, or name a file")
    return sys.stdin.buffer.read(MAX_SIZE + 1), "standard input"
