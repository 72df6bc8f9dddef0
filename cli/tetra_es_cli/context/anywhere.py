"""The options of `tetra-es` itself, which stand before the command or after it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tetra_es_cli.context.app import App
from tetra_es_cli.context.candidates import ORGANIZATION
from tetra_es_cli.context.examples import HelpContext
from tetra_es_cli.output import hints, terminal, times

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    # option: what click is told of it; the name is the field of `App`
    "--org": {
        "metavar": "ORG",
        "type": ORGANIZATION,
        "help": "Organization to work on.  [default: $TETRA_ORG, else that of the current folder]",
    },
    "--dir": {
        "metavar": "DIR",
        "type": click.Path(path_type=Path),
        "help": "Folder that organizations are in.  [default: $TETRA_DIR, else ~/tetra]",
    },
    "--expect": {
        "metavar": "POSITION:HASH",
        "help": "An event that a history which is new on this account must have; with verify, "
        "any history.  [default: $TETRA_EXPECT]",
    },
    "--tz": {
        "metavar": "ZONE",
        "help": "Zone of printed times, and of those typed without one: UTC, local, +02:00, "
        "Europe/Berlin.  [default: UTC]",
    },
    "--clock-was-wrong": {
        "is_flag": True,
        "help": "An event is dated in the future by mistake: have times count from what is "
        "recorded now, and say why.",
    },
    "--no-input": {"is_flag": True, "help": "Never ask; fail where an answer would be needed."},
    "--no-pager": {"is_flag": True, "help": "Print long output as it is, on a terminal too."},
    "--debug": {"is_flag": True, "help": "Show the traceback of an error."},
}
_FIELDS = {"--dir": "directory"}


def _field(option: str) -> str:
    return _FIELDS.get(option, option.removeprefix("--").replace("-", "_"))


def _take(field: str, ctx: click.Context, _: click.Parameter, value: Any) -> None:
    """Have the command work with what the option says."""
    if value and field in ("no_pager", "no_input"):
        terminal.forbid_pager()
    if value and field == "tz":
        times.use(value)
    elif value and field != "no_pager":
        ctx.obj = replace(ctx.obj or App(), **{field: value})
        hints.remember(ctx.obj.org, ctx.obj.directory)


def options(*, hidden: bool = False) -> list[click.Option]:
    """Return the options, which give the app of their context what they say."""
    return [
        click.Option(
            [option, f"root_{_field(option)}"],  # a command may have an argument of the same name
            expose_value=False,
            is_eager=True,  # what is read in other options may depend on it
            callback=partial(_take, _field(option)),
            hidden=hidden,
            **more,
        )
        for option, more in _OPTIONS.items()
    ]


def understand(command: click.Command) -> click.Command:
    """Have a command, and those of a group, understand the options too, and show examples."""
    if not any(param.name == "root_debug" for param in command.params):
        taken = {name for param in command.params for name in param.opts}
        command.params += [one for one in options(hidden=True) if one.opts[0] not in taken]
        command.context_class = HelpContext
    if isinstance(command, click.Group):
        for each in command.commands.values():
            understand(each)
    return command
