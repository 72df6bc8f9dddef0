"""`diff`: what promoting would change, or what changed between two states."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli.context.candidates import STATES
from tetra_es_cli.context.params import report_option
from tetra_es_cli.context.source_files import states_in
from tetra_es_cli.output import times
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit, write_paged
from tetra_es_cli.output.formats import encoded
from tetra_es_cli.output.lines import change_line
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_projections.queries.differences import Difference


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WHERE | REF REF", type=STATES)
@click.option("--keys", is_flag=True, help="By key instead of by line.")
@click.option("--exit-code", is_flag=True, help="End with 1 where something differs.")
@report_option
@click.pass_obj
def diff(app: App, words: tuple[str, ...], keys: bool, exit_code: bool, output: str) -> int:
    """Show what promoting ENV would change, or what differs between two states.

    Of local, manifest or profile ENV, it shows what is not recorded yet. A
    state is a REF, or one of these for its present one: `diff dev@5 dev@7`, `diff staging prod`,
    `diff manifest@1 manifest`. Secrets are compared by name and version. As JSON, always by key:
    rows of key, before and after.
    """
    from tetra_es_projections.queries.differences import difference

    states = states_in(words)
    if len(states) == 1 and (revision := re.fullmatch(r"@?([^@]+)@[^@]+", states[0])):
        raise UsageError(
            "missing argument: the other state",
            hint=f"`tetra-es diff {states[0]} {revision[1]}` compares it with the present one",
        )
    with app.reading() as reader:
        found = difference(reader, *states, zone=times.zone())
    _show(found, output, keys=keys, color=app.settings.color)
    return int(exit_code and found.differs)


def _show(found: Difference, output: str, *, keys: bool, color: bool) -> None:
    for path in found.unrecorded:
        note(f"{path} has changes that are not recorded yet; they are included")
    if keys or output != "text":
        from tetra_es_projections.answers.differences import difference_value

        lines = [change_line(*change) for change in (*found.keys, *found.secrets)]
        emit(Report(difference_value(found), lines), output)
        return
    changes = (f"{change_line(*change)}\n" for change in found.secrets)
    from tetra_es_cli.output.text_diff import diff_lines

    before, after = found.documents
    texts = diff_lines((before.text, after.text), found.names, color=color)
    write_paged(encoded("".join([*texts, *changes])))
