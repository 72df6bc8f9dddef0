"""The command `tetra-es` itself: its options, and where each subcommand lives.

Subcommands are imported when they are called: `show` must not pay for what `promote` needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from tetra_es import __version__
from tetra_es.errors import UsageError
from tetra_es_cli.context.anywhere import options, understand
from tetra_es_cli.context.app import App
from tetra_es_cli.entry.short_help import GROUPS, SHORT_HELP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem

COMMANDS: Mapping[str, str] = {
    # name: module.attribute below tetra_es_cli.commands
    "init": "init.init",
    "orgs": "orgs.orgs",
    "status": "status.status",
    "edit": "edit.edit",
    "set": "assign.set_",
    "unset": "assign.unset",
    "record": "edit.record",
    "validate": "validate.validate",
    "show": "show.show",
    "get": "get.get",
    "diff": "diff.diff",
    "promote": "promote.promote",
    "rollback": "rollback.rollback",
    "undo": "undo.undo",
    "purge": "purge.purge",
    "history": "history.history",
    "event": "event.event",
    "search": "search.search",
    "blame": "blame.blame",
    "bisect": "bisect.bisect",
    "why": "why.explain",
    "replay": "replay.replay",
    "findings": "findings.findings",
    "audit": "audit.audit",
    "serve": "serve.serve",
    "rebuild": "rebuild.rebuild",
    "verify": "verify.verify",
    "trust": "trust.trust",
    "repair": "trust.repair",
    "upgrade": "upgrade.upgrade",
    "clone": "share.clone",
    "share": "share.share",
    "unshare": "share.unshare",
    "pull": "share.pull",
    "mirror": "mirror.mirror",
    "backup": "backup.backup",
    "restore": "restore.restore",
    "env": "env.env",
    "profile": "profile.profile",
    "member": "member.member",
    "signer": "signer.signer",
    "deploy": "deploy.deploy",
    "apply": "apply.apply",
    "daemon": "daemon.daemon",
    "hosts": "hosts.hosts",
    "host": "host.host",
    "health": "health.health",
    "drift": "health.drift",
    "secret": "secret.group.secret",
    "recipient": "recipient.recipient",
    "identity": "identity.identity",
    "run": "run.run",
    "doctor": "doctor.doctor",
    "ci": "ci.ci",
    "import": "import_.import_",
    "completion": "completion.completion",
    "help": "help_.help_",
}


_AS_IN_GIT = ("push", "sync", "remote", "fetch")
"""What people look for who share with git."""


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand, None when there is none of that name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.rpartition(".")
        command = getattr(import_module(f"tetra_es_cli.commands.{module}"), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(place)
        return understand(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands with their whole sentences, without importing them."""
        widest = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            rows = [(name.ljust(widest), SHORT_HELP[name]) for name in names]
            with formatter.section(title):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands, and the options of `tetra-es` itself, that begin so."""
        from click.shell_completion import CompletionItem

        commands = [
            CompletionItem(name, help=_stand_in(name).get_short_help_str())
            for name in COMMANDS
            if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; an unknown one gets the nearest names as a hint."""
        if args and args[0] in _AS_IN_GIT:
            raise UsageError(
                f"there is no `{args[0]}`: commands that record send by themselves where the "
                "organization is shared",
                hint="`tetra-es share --help` says how; `tetra-es mirror --help` is about copies",
            )
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from tetra_es_cli.context.foreign import (
                commands_for,
                commands_of_tsm,
                no_such_command,
            )

            old = commands_of_tsm(args, COMMANDS) if args[0] in ("org", "tsm") else ()
            raise no_such_command(ctx, args[0], old or commands_for(args[0], COMMANDS))
        return super().resolve_command(ctx, args)


def _stand_in(name: str) -> click.Command:
    """Return what stands for a command in a list."""
    return click.Command(name, help=SHORT_HELP[name])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tetra-es")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Configuration of environments as a history of signed events.

    One file, local.toml, is the source of truth; `promote` generates the other environments
    from it; `rollback` gives one an earlier state again. Every change is an event.

    REF names a state: a position (41), a revision (dev@7, dev@prev), a time (2026-11-22T10:05Z;
    10:05 for today, 2h, yesterday) or the hash of an event or of its commit in the mirror. A time
    stands for the end of what is written, without a zone in UTC. Environments may be written dev
    or @dev.
    """
    if ctx.obj is None:
        ctx.obj = App()


cli.params[:0] = options()
