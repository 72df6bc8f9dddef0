"""`backup`: all that was recorded, in one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli.context.params import report_option
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.output.console import note, warn
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from tetra_es.usecases.backup import BackedUp
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("file", type=FilePath(allow_dash=True, dir_okay=False))
@report_option
@click.pass_obj
def backup(app: App, file: Path, output: str) -> None:
    """Copy all events, with the encrypted secrets, to FILE.

    Others may record meanwhile: the copy is of one moment, and nobody waits. FILE is readable by
    you alone, and is never replaced. Edits that are not recorded are not in it. With - for FILE it
    is written to standard output, as for a program that encrypts it.
    """
    if str(file) == "-":
        _print(app)
        return
    done = _back_up(app, file)
    position, hash_ = done.head
    value = {"file": str(file), "event": position, "hash": hash_.hex()}
    lines = [f"backed up {position} events to {file}", f"  head #{position} {hash_.hex()}"]
    emit(Report(value, lines), output)


def _back_up(app: App, file: Path) -> BackedUp:
    from tetra_es.usecases.backup import back_up

    with app.founded() as layout, reporting() as report:
        done = back_up(layout, file, report, state_dir=app.settings.state_dir)
    if done.warning:
        warn(done.warning.message, done.warning.hint)
    return done


def _print(app: App) -> None:
    """Write a backup to standard output, and say there what it has that nothing else reads."""
    from shutil import copyfileobj
    from tempfile import TemporaryDirectory

    if sys.stdout.isatty():
        raise UsageError(
            "a backup is not for a terminal",
            hint="give a file, or pipe it: ... backup - | gzip",
        )
    with TemporaryDirectory(prefix="tetra-es-backup-") as folder:
        file = Path(folder) / "events.db"
        position, hash_ = _back_up(app, file).head
        with file.open("rb") as data:
            copyfileobj(data, sys.stdout.buffer)
        sys.stdout.flush()
    note(f"backed up {position} events; the newest is {position}:{hash_.hex()}")
