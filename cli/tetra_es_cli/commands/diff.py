"""`diff`: what promoting would change, or what changed between two states."""

from __future__ import annotations

import sys
from difflib import unified_diff
from typing import TYPE_CHECKING

import click
from tetra_es.config.changes import changes_between

from tetra_es.errors import UsageError
from tetra_es.names import check_environment
from tetra_es.refs import RevisionRef, TimeRef, parse_ref
from tetra_es_cli.commands.show import text_at
from tetra_es_cli.output import emit, emit_json, style
from tetra_es_cli.params import REF, output_option

if TYPE_CHECKING:
    from tetra_es_cli.app import App, Reader

_HINT = "`tetra-es diff dev` or `tetra-es diff dev@5 dev@7`"


@click.command()
@click.argument("states", nargs=-1, required=True, metavar="ENV | REF REF", type=click.STRING)
@click.option("--keys", is_flag=True, help="By key instead of by line.")
@output_option("text", "json")
@click.pass_obj
def diff(app: App, states: tuple[str, ...], keys: bool, output: str) -> None:
    """Show what promoting ENV would change, or what changed from one REF to another.

    As JSON, always by key: rows of key, before and after.
    """
    if len(states) == 1:
        names, texts = _against_promotion(app, check_environment(states[0]))
    elif len(states) == 2:
        with app.reading() as reader:
            names, texts = states, _two(reader, *states)
    else:
        raise UsageError("diff takes an environment or two REFs", hint=_HINT)
    if output == "json":
        emit_json([change._asdict() for change in changes_between(*texts)])
    elif keys:
        for change in changes_between(*texts):
            from tetra_es_cli.recorded import change_line

            emit(change_line(*change))
    else:
        _lines(names, texts)


def _against_promotion(app: App, environment: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return names and texts of an environment as it is and as promoting would make it."""
    from tetra_es.usecases.promote import preview

    with app.changing(dry_run=True) as workspace:
        texts = preview(workspace.session, environment)
    return (environment, f"{environment} if promoted"), texts


def _two(reader: Reader, before: str, after: str) -> tuple[str, str]:
    first, second = parse_ref(before), parse_ref(after)
    environment = _environment_of(reader, first) or _environment_of(reader, second)
    if environment is None:
        raise UsageError(
            "neither of the REFs says of which environment", hint=f"name one by a revision: {_HINT}"
        )
    for ref in (first, second):
        other = _environment_of(reader, ref)
        if other not in (None, environment):
            raise UsageError(
                f"these are states of two environments, {environment} and {other}",
                hint="compare two states of the same environment",
            )
    return text_at(reader, environment, first), text_at(reader, environment, second)


def _environment_of(reader: Reader, ref: object) -> str | None:
    """Return the environment whose state a REF is, None where it could be of any."""
    if isinstance(ref, RevisionRef):
        return ref.environment
    if isinstance(ref, TimeRef):
        return None
    position = reader.views.position_of(REF.convert(ref, None, None))
    row = reader.views.event(position)
    return row.environment if row is not None and reader.views.is_state(position) else None


def _lines(names: tuple[str, ...], texts: tuple[str, str]) -> None:
    before, after = (text.splitlines(keepends=True) for text in texts)
    for line in unified_diff(before, after, fromfile=names[0], tofile=names[1]):
        color = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        sys.stdout.write(style(line, fg=color) if color else line)
        if not line.endswith("\n"):
            sys.stdout.write("\n\\ no newline at the end\n")
