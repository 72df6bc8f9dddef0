"""`completion`: the script that lets a shell complete."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tetra_es_cli.output.emit import say

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    For bash: eval "$(tetra-es completion bash)" in ~/.bashrc.
    """
    cls = get_completion_class(shell)
    if cls is None:
        raise TypeError(shell)
    complete = cls(ctx.find_root().command, {}, "tetra-es", "_TETRA_ES_COMPLETE")
    say(complete.source())
