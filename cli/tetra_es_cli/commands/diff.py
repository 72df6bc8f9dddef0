"""`diff`: what promoting would change, or what changed between two states."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.candidates import STATE
from tetra_es_cli.context.params import report_option
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit, say, style
from tetra_es_cli.output.lines import change_line
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_projections.queries.differences import Difference

_COLORS = {"+": "green", "-": "red", "@": "cyan"}


@click.command()
@click.argument("states", nargs=-1, required=True, metavar="ENV | REF REF", type=STATE)
@click.option("--keys", is_flag=True, help="By key instead of by line.")
@report_option
@click.pass_obj
def diff(app: App, states: tuple[str, ...], keys: bool, output: str) -> None:
    """Show what promoting ENV would change, or what differs between two states.

    A state is a REF, or an environment for its present one: `diff dev@5 dev@7`,
    `diff staging prod`. Secrets are compared by name and version. As JSON, always by key: rows
    of path, before and after.
    """
    from tetra_es_projections.queries.differences import difference

    with app.reading() as reader:
        found = difference(reader, *states)
    for path in found.unrecorded:
        note(f"{path} has changes that are not recorded yet; they are counted in")
    if keys or output != "text":
        rows = [*found.keys, *found.secrets]
        lines = [change_line(*change) for change in rows]
        emit(Report([change._asdict() for change in rows], lines), output)
        return
    _lines(found, wanted=app.settings.color)
    for change in found.secrets:
        say(change_line(*change))


def _lines(found: Difference, *, wanted: bool) -> None:
    from difflib import unified_diff

    before, after = (one.text.splitlines(keepends=True) for one in found.documents)
    for line in unified_diff(before, after, fromfile=found.names[0], tofile=found.names[1]):
        color = _COLORS.get(line[0])
        sys.stdout.write(style(line, wanted=wanted, fg=color) if color else line)
        if not line.endswith("\n"):
            sys.stdout.write("\n\\ no newline at the end\n")
