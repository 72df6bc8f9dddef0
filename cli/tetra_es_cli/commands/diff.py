"""`diff`: what promoting would change, or what changed between two states."""

from __future__ import annotations

import sys
from contextlib import suppress
from difflib import unified_diff
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es.names import check_environment
from tetra_es.refs import RevisionRef, TimeRef, parse_ref
from tetra_es.toml.diff import Change, changes_between
from tetra_es_cli.commands.show import text_at
from tetra_es_cli.context.params import output_option
from tetra_es_cli.output.plain import emit, emit_json, style
from tetra_es_cli.output.recorded_events import change_line
from tetra_es_cli.preview import preview
from tetra_es_projections.queries.secrets import secrets_at, version_changes

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App
    from tetra_es_projections.queries.reader import Reader

_HINT = "`tetra-es diff dev` or `tetra-es diff dev@5 dev@7`"


@click.command()
@click.argument("states", nargs=-1, required=True, metavar="ENV | REF REF", type=click.STRING)
@click.option("--keys", is_flag=True, help="By key instead of by line.")
@output_option("text", "json")
@click.pass_obj
def diff(app: App, states: tuple[str, ...], keys: bool, output: str) -> None:
    """Show what promoting ENV would change, or what differs between two states.

    A state is a REF, or an environment for its present one: `diff dev@5 dev@7`,
    `diff staging prod`. Secrets are compared by name and version. As JSON, always by key: rows
    of path, before and after.
    """
    names: tuple[str, ...]
    secrets: list[tuple[str, str | None, str | None]] = []
    with app.reading() as reader:
        if len(states) == 1:
            names, texts = _against_promotion(reader, check_environment(states[0]))
        elif len(states) == 2:
            names, (texts, secrets) = states, _two(reader, *states)
        else:
            raise UsageError("diff takes an environment or two states", hint=_HINT)
    rows = [Change(*row) for row in secrets]
    if output == "json":
        emit_json([change._asdict() for change in [*changes_between(*texts), *rows]])
        return
    if keys:
        rows = [*changes_between(*texts), *rows]
    else:
        _lines(names, texts, wanted=app.settings.color)
    for change in rows:
        emit(change_line(*change))


def _against_promotion(reader: Reader, environment: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return names and texts of an environment as it is and as promoting would make it."""
    present = reader.views.state(environment)
    text = reader.log.state_text(present.position) if present else None
    return (environment, f"{environment} if promoted"), (text or "", preview(reader, environment))


def _two(
    reader: Reader, before: str, after: str
) -> tuple[tuple[str, str], list[tuple[str, str | None, str | None]]]:
    """Return the texts of two states, and what differs between their secrets."""
    refs = (_parse(reader, before), _parse(reader, after))
    environments = [_environment_of(reader, ref) for ref in refs]
    if environments == [None, None]:
        raise UsageError(
            "neither of the REFs says of which environment", hint=f"name one by a revision: {_HINT}"
        )
    first, second = environments
    named = (first or second or "", second or first or "")
    texts = (_text(reader, named[0], refs[0]), _text(reader, named[1], refs[1]))
    old, new = (
        secrets_at(reader, name, None if isinstance(ref, str) else ref)
        for name, ref in zip(named, refs, strict=True)
    )
    return texts, version_changes(old, new, names_alone=named[0] != named[1])


def _parse(reader: Reader, text: str) -> Ref | str:
    """Return a REF, or the name of an environment for its present state.

    A commit id can look like a name: it is one if there is such an environment.
    """
    try:
        name = check_environment(text)
    except UsageError:
        return parse_ref(text)
    if reader.views.state(name) is None:
        with suppress(UsageError):
            return parse_ref(text)
    return name


def _text(reader: Reader, environment: str, ref: Ref | str) -> str:
    return text_at(reader, environment, None if isinstance(ref, str) else ref)


def _environment_of(reader: Reader, ref: Ref | str) -> str | None:
    """Return the environment whose state a REF is, None where it could be of any."""
    if isinstance(ref, str):
        return ref
    if isinstance(ref, RevisionRef):
        return ref.environment
    if isinstance(ref, TimeRef):
        return None
    position = reader.views.position_of(ref)
    row = reader.views.event(position)
    return row.environment if row is not None and reader.views.is_state(position) else None


def _lines(names: tuple[str, ...], texts: tuple[str, str], *, wanted: bool) -> None:
    before, after = (text.splitlines(keepends=True) for text in texts)
    for line in unified_diff(before, after, fromfile=names[0], tofile=names[1]):
        color = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        sys.stdout.write(style(line, wanted=wanted, fg=color) if color else line)
        if not line.endswith("\n"):
            sys.stdout.write("\n\\ no newline at the end\n")
