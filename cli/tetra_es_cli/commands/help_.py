"""`help`: that of a command, or about a topic."""

from __future__ import annotations

from pathlib import Path

import click

from tetra_es.errors import UsageError
from tetra_es_cli.context.candidates import HELP, TOPICS
from tetra_es_cli.output.emit import say

_TEXTS = Path(__file__).parent.parent / "texts" / "help"


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND | TOPIC]", type=HELP)
@click.pass_context
def help_(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of a command, or about ref, exit-codes, environment or formatting."""
    if len(words) == 1 and words[0] in TOPICS:
        say((_TEXTS / f"{words[0]}.txt").read_text("utf-8").rstrip("\n"))
        return
    context = ctx.find_root()
    for word in words:
        group = context.command
        if not isinstance(group, click.Group):
            path = context.command_path
            raise UsageError(
                f"{path} has no commands of its own", hint=f"`{path} --help` says how it is used"
            )
        _, command, _ = group.resolve_command(context, [word])
        if command is None:
            raise UsageError(f"no such command: {word}")
        context = command.context_class(command, info_name=word, parent=context)
    say(context.get_help())
