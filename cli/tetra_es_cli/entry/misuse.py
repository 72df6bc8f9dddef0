"""Arguments that click does not understand: the error of one line that is printed.

What no parameter takes may be a value, such as a password that begins with `-`: click's messages
repeat it, these do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.entry.root import cli
from tetra_es_cli.output import redaction

if TYPE_CHECKING:
    from collections.abc import Sequence


def misused(error: click.UsageError) -> tuple[str, str]:
    """Return message and hint for arguments that are not understood."""
    command = error.ctx.command_path if error.ctx else _command_of(redaction.arguments())
    hint = f"`{command} --help` says how it is used"
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        return _no_such_option(error, command, hint)
    if isinstance(error, click.MissingParameter) and error.param:
        return _missing(error.param), hint
    if isinstance(error, click.BadParameter) and error.param:
        return _bad(error.param, error.message), hint
    if isinstance(error, click.BadOptionUsage):
        takes = "takes no value" if "does not take" in message else "needs a value"
        return f"{error.option_name} {takes}", hint
    if message.startswith("Got unexpected extra argument") and error.ctx:
        usage = " ".join(error.ctx.command.collect_usage_pieces(error.ctx))
        return f"too many arguments: {command} takes {usage}", hint
    return message, hint


def _command_of(words: Sequence[str]) -> str:
    """Return the path of the command that words call: click does not say it of every error."""
    path = "tetra-es"
    group: click.Group = cli
    context = click.Context(cli)
    for word in words:
        command = group.get_command(context, word)
        if command is None:
            continue
        path += f" {word}"
        if not isinstance(command, click.Group):
            break
        group = command
    return path


def _no_such_option(error: click.NoSuchOption, command: str, hint: str) -> tuple[str, str]:
    from tetra_es_cli.context.foreign import did_you_mean, is_option_somewhere, options_for

    name = error.option_name
    ours = _options_of(error.ctx) if error.ctx else ()
    if meant := options_for(name, ours):
        return f"no such option: {name}{did_you_mean(meant)}", hint
    if is_option_somewhere(name):
        return f"{name} is not an option of {command}", hint
    label = redaction.label_of(name)
    return (
        f"{label} is not an option of {command}",
        f"{hint}; put -- before a value that begins with -",
    )


def _options_of(context: click.Context) -> Sequence[str]:
    names = [name for param in context.command.params for name in param.opts]
    return [name for name in names if name.startswith("--")]


def _missing(param: click.Parameter) -> str:
    """Return what is said where an option or an argument is not there."""
    if isinstance(param, click.Option):
        return f"missing option {_name(param)}"
    if isinstance(param.type, click.Choice):
        return f"missing argument: {_any_of(param.type)}"
    return f"missing argument {_name(param)}"


def _bad(param: click.Parameter, message: str) -> str:
    """Return what is said of a value that a parameter does not take."""
    value, isnt, _ = message.partition(" is not ")
    if isnt and isinstance(param.type, click.Choice):
        return f"{_name(param)}: {value} is not {_any_of(param.type)}"
    if isnt and isinstance(param.type, (click.IntRange, click.FloatRange)):
        least, most = param.type.min, param.type.max
        which = f" from {least} to {most}" if most is not None else f", {least} or more"
        number = "whole number" if isinstance(param.type, click.IntRange) else "number"
        return f"{_name(param)}: {value} is not a {number}{which}"
    return f"{_name(param)}: {message[:1].lower()}{message[1:].rstrip('.')}"


def _any_of(type_: click.Choice[str]) -> str:
    *first, last = map(str, type_.choices)
    return f"{', '.join(first)} or {last}" if first else last


def _name(param: click.Parameter) -> str:
    """Return the long name of an option, or that of an argument as the usage line has it."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.human_readable_name.removesuffix("...")
