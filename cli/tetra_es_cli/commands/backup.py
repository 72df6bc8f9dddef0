"""`backup`: all that was recorded, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import report_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.output.console import warn
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@report_option
@click.pass_obj
def backup(app: App, file: Path, output: str) -> None:
    """Copy all events, with the encrypted secrets, to FILE.

    Others may record meanwhile: the copy is of one moment, and nobody waits. FILE is readable by
    you alone, and is never replaced. Edits that are not recorded are not in it.
    """
    from tetra_es.usecases.backup import back_up

    with app.founded() as layout, reporting() as report:
        done = back_up(layout, file, report, state_dir=app.settings.state_dir)
    if done.warning:
        warn(done.warning.message, done.warning.hint)
    position, hash_ = done.head
    value = {"file": str(file), "event": position, "hash": hash_.hex()}
    lines = [f"backed up {position} events to {file}", f"  head #{position} {hash_.hex()}"]
    emit(Report(value, lines), output)
