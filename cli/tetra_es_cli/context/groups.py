"""Groups of commands, such as `secret`."""

from __future__ import annotations

import click


class CommandGroup(click.Group):
    """A group that knows what other tools call its commands."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; an unknown one gets a name that may be meant."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            from tetra_es_cli.context.foreign import no_such_command, subcommands_for

            raise no_such_command(ctx, args[0], subcommands_for(args[0], self.commands))
        return super().resolve_command(ctx, args)
