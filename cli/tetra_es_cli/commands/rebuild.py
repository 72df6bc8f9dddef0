"""`rebuild`: throw everything derived away and build it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import IntegrityFailure
from tetra_es.layout import is_edited
from tetra_es_cli.context.params import output_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.output.console import note
from tetra_es_cli.output.plain import emit, emit_json
from tetra_es_projections.check import check_projections

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.option("--check", is_flag=True, help="Only compare; write nothing.")
@click.option(
    "--force", is_flag=True, help="Replace generated files that were changed by hand; keep a copy."
)
@output_option("text", "json")
@click.pass_obj
def rebuild(app: App, check: bool, force: bool, output: str) -> None:
    """Build the files, the query views and the mirror anew from the events.

    Byte for byte the same, commit ids included. With --check, only say whether they are;
    exit 4 where something differs. A file that is edited by hand and has changes that are not
    recorded keeps them. What people committed in the mirror is kept there under found/.
    """
    if check:
        with app.projections(reading=True) as projections, reporting() as report:
            findings = check_projections(projections, report)
        if output == "json":
            emit_json({"clean": not findings, "findings": findings})
        if findings:
            if output != "json":
                for finding in findings:
                    emit(finding)
            raise IntegrityFailure(
                f"{len(findings)} of the derived things differ from the events",
                hint="`tetra-es rebuild` builds them anew, with --force also what people changed",
            )
        if output != "json":
            emit("files, views and mirror are what the events make of them")
        return
    with app.projections() as projections, reporting() as report:
        kept = projections.rebuild(force=force, report=report)
        last = projections.log.last_position()
        pending = [one.path for one in projections.files.changed() if is_edited(one.path)]
    for path in kept:
        note(f"kept the file that was changed by hand as {path}")
    for path in pending:
        note(f"{path} has changes that are not recorded; they are untouched")
    if output == "json":
        emit_json({"events": last, "kept": kept})
    else:
        emit(f"rebuilt files, views and mirror from {last} events")
