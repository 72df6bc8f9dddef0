"""The options of every command that records."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from tetra_es_cli.output.formats import REPORTS

if TYPE_CHECKING:
    from collections.abc import Callable

Command = TypeVar("Command", bound="Callable[..., Any]")


class Recording(NamedTuple):
    """How a command that records is to do it."""

    reason: str = ""
    """Recorded with the events."""
    dry_run: bool = False
    output: str = "text"


def recording_options(command: Command) -> Callable[..., Any]:
    """Add `-m`, `-n` and `-o`; the command gets them as `how`, a `Recording`."""

    @wraps(command)
    def with_how(*args: Any, reason: str, dry_run: bool, output: str, **kwargs: Any) -> Any:
        return command(*args, how=Recording(reason, dry_run, output), **kwargs)

    for option in reversed(
        (
            click.option(
                "-m", "--reason", default="", metavar="TEXT", help="Why; recorded with the event."
            ),
            click.option(
                "-n",
                "--dry-run",
                is_flag=True,
                help="Say what would happen; record and write nothing.",
            ),
            click.option(
                "-o",
                "--output",
                type=click.Choice(list(REPORTS)),
                default="text",
                show_default=True,
                help="How to print.",
            ),
        )
    ):
        with_how = option(with_how)
    return with_how
