"""`audit`: what an auditor takes home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.context.text_files import force_option, write

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es_cli.context.app import App


@click.group(cls=CommandGroup)
def audit() -> None:
    """Take the history home in a form that others can check: checkpoints, evidence, tables."""


@audit.command()
@click.option(
    "-o",
    "--output",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="Write it there.  [default: standard output]",
)
@force_option
@click.pass_obj
def checkpoint(app: App, output: Path | None, force: bool) -> None:
    """Sign how long the history is now, and what it is: a few lines that prove it later.

    `tetra-es verify --against FILE` proves that the history still has all of these events, each
    the same. The format is C2SP's, which witnesses can sign, too.
    """
    from tetra_es.usecases.attest import make_checkpoint

    with app.reading() as reader:
        made = make_checkpoint(reader.log, app.own_key())
    write(made.note, output, force=force, mode=0o644)
