"""`audit`: what an auditor takes home."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from tetra_es_cli.commands.audit_export import export
from tetra_es_cli.commands.audit_follow import follow
from tetra_es_cli.commands.audit_sqlite import sqlite
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.interfaces import interface
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.context.text_files import force_option, write
from tetra_es_cli.output import times
from tetra_es_cli.output.console import ignore_progress
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es_cli.context.app import App
    from tetra_es_projections.queries.reader import Reader


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


@audit.command()
@click.argument("folder", metavar="DIR", type=FilePath(file_okay=False))
@click.pass_obj
def site(app: App, folder: Path) -> None:
    """Write pages about the whole history into DIR, to be read with a browser.

    They are files: open DIR/index.html from a disk, attach DIR to an audit, or put it behind any
    web server. The same history gives the same bytes. DIR must be new, empty, or such a site: the
    new one is written beside it and takes its place when it is whole. What you put there stays.
    The views that pages are made of are compared with the events first: exit 4 where they differ.
    """
    from tetra_es_projections.evidence.sound_views import require_sound_views
    from tetra_es_projections.queries.answering import Answering

    with app.reading() as reader:  # the views catch up
        layout = reader.layout
    write_site = interface("site")
    with reporting() as report:

        @contextmanager
        def sound() -> Iterator[Reader]:
            with Answering(layout, app.admission).reading() as moment:
                require_sound_views(moment.reader, report)
                yield moment.reader

        count = write_site(sound(), folder, times.zone(), report or ignore_progress)
    emit(Report(None, [f"wrote {count} pages to {folder}"]), "text")


audit.add_command(export)
audit.add_command(follow)
audit.add_command(sqlite)
