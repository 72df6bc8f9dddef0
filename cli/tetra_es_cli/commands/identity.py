"""`identity`: one's own keys: for reading secrets, and what of them a signer needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context import core_dumps
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.identities import identities, identity_option
from tetra_es_cli.context.own_line import own_line
from tetra_es_cli.output.console import hint, note
from tetra_es_cli.output.emit import say

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es_cli.context.app import App


@click.group(cls=CommandGroup)
def identity() -> None:
    """Manage your own key for reading secrets."""
    core_dumps.forbid()


@identity.command()
@click.pass_obj
def new(app: App) -> None:
    """Make an identity and print its recipient, for a colleague to add."""
    from tetra_es.usecases.keys import create_identity

    say(create_identity(app.settings.identity).text)


@identity.command()
@identity_option
@click.pass_obj
def show(app: App, given: tuple[Path, ...]) -> None:
    """Print the recipients of your identities; never the keys themselves."""
    from tetra_es.usecases.keys import recipient_of

    for one in identities(app, given):
        say(recipient_of(one).text)


@identity.command()
@identity_option
@click.pass_obj
def line(app: App, given: tuple[Path, ...]) -> None:
    """Print the line to send to a signer: your public signing key, and your recipient.

    Keys that are not there are made. The line has no secret in it.
    """
    from tetra_es.usecases.keys import fingerprint_of

    own = own_line(app, given)
    say(own.text)
    note(f"the fingerprint of your signing key is {fingerprint_of(own.signing)}")
    hint("a signer adds you with that line: `tetra-es member add NAME -`")
