"""`secret`: its subcommands, put together."""

from __future__ import annotations

import click

from tetra_es_cli.commands.secret import edit, exchange, values, versions
from tetra_es_cli.context import core_dumps
from tetra_es_cli.context.groups import CommandGroup


@click.group(cls=CommandGroup)
def secret() -> None:
    """Manage secrets: encrypted with age, recorded as events, never in TOML."""
    core_dumps.forbid()


for _command in (
    values.set_,
    exchange.import_,
    values.get,
    exchange.export,
    values.list_,
    values.rm,
    exchange.copy,
    versions.rollback,
    versions.compromised,
    versions.purge,
    edit.edit,
    versions.diff,
    versions.exposure,
):
    secret.add_command(_command)
