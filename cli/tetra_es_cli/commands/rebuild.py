"""`rebuild`: throw everything derived away and build it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import RESTORE_HINT, IntegrityFailure
from tetra_es_cli.context.params import report_option
from tetra_es_cli.context.progress import reporting
from tetra_es_cli.output.console import note, warn
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.lines import behind_at
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@click.option("--check", is_flag=True, help="Only compare; write nothing.")
@click.option(
    "--force", is_flag=True, help="Replace generated files that were changed by hand; keep a copy."
)
@report_option
@click.pass_obj
def rebuild(app: App, check: bool, force: bool, output: str) -> None:
    """Build the files, the query views and the mirror again from the events.

    Byte for byte the same, commit ids included. With --check, only say whether they are; exit 4
    where something differs, or events are missing that you have admitted. A file that is edited by
    hand and has changes that are not recorded keeps them. A file that no event made, where only
    generated ones belong, is moved to kept/; what people committed in the mirror is kept there
    under found/.
    """
    from tetra_es.usecases.rebuild import rebuild as rebuild_projections

    if check:
        _compare(app, output)
        return
    with app.projections() as projections, reporting() as report:
        done = rebuild_projections(projections, force=force, report=report)
    for path in done.kept:
        note(f"kept the file that was changed by hand as {path}")
    for path in done.unknown:
        note(f"moved a file that no event made to {path}")
    for path in done.unrecorded:
        note(f"{path} has changes that are not recorded; they are untouched")
    for problem in done.unreadable:
        warn(problem.message, problem.hint)
    value = {"events": done.events, "kept": [*done.kept, *done.unknown]}
    emit(Report(value, [f"rebuilt files, views and mirror from {done.events} events"]), output)


def _compare(app: App, output: str) -> None:
    from tetra_es.usecases.rebuild import compare

    with app.projections(reading=True) as projections, reporting() as report:
        findings, behind, cut = compare(projections, report)
    if behind is not None:
        findings = [behind_at(behind)]
    found = [*([cut] if cut else []), *findings]
    lines = findings or ["files, views and mirror match the events"]
    emit(Report({"clean": not found, "findings": found}, lines), output)
    if cut:
        raise IntegrityFailure(cut, hint=RESTORE_HINT)
    if findings:
        raise IntegrityFailure(
            f"{len(findings)} of the derived things differ from the events",
            hint="`tetra-es rebuild --force` builds them again; hand-made changes stay as copies",
        )
