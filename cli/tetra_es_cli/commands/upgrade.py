"""`upgrade`: from the first edition to the rules of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import reason_option
from tetra_es_cli.output.emit import say

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@reason_option
@click.pass_obj
def upgrade(app: App, reason: str) -> None:
    """Bring an organization of the first edition up to the rules of this one.

    Its events are verified and copied into a new store; positions, hashes, signatures and commits
    of the mirror stay. The old store is kept beside it. From then on, an older tetra-es can
    neither read nor record. A signer runs it, once; where it was cut short, it goes on.
    """
    done = app.upgrade(reason)
    if not done.recorded:
        say(f"nothing to do: {app.layout().root.name} has the rules of this version already")
        return
    say(f"upgraded {app.layout().root.name} with its {done.events} events (#{done.recorded[0][1]})")
    say(f"  the old store is {done.old}")
