"""Groups of commands, such as `secret`."""

from __future__ import annotations

import click

_WHOLE = 10_000
"""Characters of a sentence: all."""

_AS_IN_TSM = ("show", "edit")
"""Commands of `tetra-es` that people look for below `env`."""


class CommandGroup(click.Group):
    """A group that knows what other tools call its commands."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands with their whole sentences."""
        rows = [
            (name, command.get_short_help_str(_WHOLE))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; an unknown one gets a name that may be meant."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            from tetra_es_cli.context.foreign import no_such_command, subcommands_for

            if self.name == "env" and args[0] in _AS_IN_TSM:
                raise no_such_command(ctx, args[0], args[:1], of_tetra_es=True)
            raise no_such_command(ctx, args[0], subcommands_for(args[0], self.commands))
        return super().resolve_command(ctx, args)
