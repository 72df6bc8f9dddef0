"""`audit sqlite`: the history as tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import report_option
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.context.text_files import force_option, replaced, write
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("file", type=FilePath(dir_okay=False))
@click.option(
    "--metadata",
    type=FilePath(dir_okay=False),
    metavar="JSON",
    help="Write the questions there, too, for `datasette FILE --metadata JSON`.",
)
@force_option
@report_option
@click.pass_obj
def sqlite(app: App, file: Path, metadata: Path | None, force: bool, output: str) -> None:
    """Write the history to FILE as an SQLite database with documented tables.

    Its table `questions` has what auditors ask as SQL; `datasette FILE` shows it in a browser.
    Values of secrets are not in it. Nothing in it is signed: `audit export` is the evidence. The
    views that it is made of are compared with the events: exit 4 and no file where they differ.
    """
    from tetra_es_projections.evidence.sound_views import require_sound_views
    from tetra_es_projections.evidence.sqlite.questions import metadata as metadata_of
    from tetra_es_projections.evidence.sqlite.writing import write_sqlite
    from tetra_es_projections.queries.answering import Answering

    with app.reading() as reader, replaced(file, force=force) as out:
        count, organization = write_sqlite(reader, Path(out.name)), reader.layout.root.name
        with Answering(reader.layout, app.admission).reading() as moment, reporting() as report:
            require_sound_views(moment.reader, report)
    lines = [f"wrote {count} events to {file}"]
    if metadata is not None:
        import json

        text = json.dumps(metadata_of(organization, file.stem), indent=2)
        write(f"{text}\n", metadata, force=force, mode=0o644)
    emit(Report({"file": str(file), "events": count}, lines), output)
