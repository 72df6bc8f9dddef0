"""`purge`: destroy a value that got into TOML."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es.names import check_environment
from tetra_es_cli.context import core_dumps
from tetra_es_cli.context.candidates import WHERE_OF_ALL_AND_KEYS
from tetra_es_cli.context.params import REF
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.context.secret_input import read_value
from tetra_es_cli.output.purged import purged_lines, say_what_is_composed, say_what_is_left
from tetra_es_cli.output.recorded import emit_recorded
from tetra_es_cli.output.redaction import say

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.layout import OrgLayout
    from tetra_es.refs import Ref
    from tetra_es.usecases.purging.leftovers import Leftovers
    from tetra_es.usecases.purging.texts import Where
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording

_WHERE = "WHERE is local, another environment, manifest, or profile followed by ENV."


@click.command()
@click.argument("words", nargs=-1, metavar="[WHERE KEY]", type=WHERE_OF_ALL_AND_KEYS)
@click.option(
    "--at", "ref", type=REF, metavar="REF", help="The state in which KEY has it.  [default: before]"
)
@click.option(
    "--from-file", "file", type=FilePath(dir_okay=False), metavar="FILE", help="Read it there."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@recording_options
@click.pass_obj
def purge(
    app: App,
    words: tuple[str, ...],
    ref: Ref | None,
    file: Path | None,
    yes: bool,
    how: Recording,
) -> None:
    """Destroy a value that got into TOML, in store, views and mirror; there is no way back.

    It is the value that KEY had in WHERE (local, another environment, manifest, or profile ENV)
    before it was changed; without them, a value from standard input, a hidden prompt or a file,
    never an argument. Every text and every list of changes that holds it goes, also as a part of
    a longer value, in a comment or in a key. The events stay, and the chain still verifies. A value
    that is there now has to be changed first.

    Clones, remotes, backups and servers keep what they have: replace the value wherever it is used.
    """
    from tetra_es.usecases.purging.leftovers import leftovers, remove
    from tetra_es.usecases.purging.needle import Needle
    from tetra_es.usecases.purging.purge import PurgeValue, check_reason, find
    from tetra_es.usecases.purging.texts import value_of

    core_dumps.forbid()
    check_reason(how.reason)
    named = _named(words, ref, file)
    given = None if named else _given(app, file)
    layout, pushed = app.layout(), _pushed(app)
    with app.workspace(how) as workspace:
        workspace.take_over()
        if named is not None:
            where, key = named
            given = workspace.look(lambda work: value_of(work, where, key, ref))
        needle = Needle(given or "")
        found = workspace.look(lambda work: find(work, needle))
        left = leftovers(layout, needle)
        _check_files(layout, left)
        say_what_is_composed(found)
        lines = list(purged_lines(layout, found, left))
        if lines and not how.dry_run and not yes:
            _ask(app, lines)
        if not how.dry_run:
            remove(left.aside)
        done = workspace.act(PurgeValue(needle, found))
        lines = list(purged_lines(layout, done.result, left))
    nothing = "" if left.aside else "no text has that value: nothing was destroyed"
    emit_recorded(done.recorded, how, nothing=nothing, more=lines)
    if done.recorded and not how.dry_run:
        say_what_is_left(layout, done.result, pushed)


def _pushed(app: App) -> list[str]:
    """Return the remotes that have commits of ours, which a purge makes us forget."""
    with app.projections(reading=True) as projections:
        return [one.remote for one in projections.remotes.rows() if one.commit is not None]


def _named(words: tuple[str, ...], ref: Ref | None, file: Path | None) -> tuple[Where, str] | None:
    """Return the text and the key whose value is meant, None where the value itself is given."""
    from tetra_es.usecases.purging.texts import Where

    if not words:
        if ref is not None:
            raise UsageError("which key of that state?", hint=f"give WHERE and KEY. {_WHERE}")
        return None
    first, *rest = words
    if first == "manifest":
        where = Where("manifest")
    elif first == "profile" and rest:
        where = Where("profile", check_environment(rest.pop(0)))
    else:
        where = Where("environment", _environment(first))
    if len(rest) != 1 or file is not None:
        raise UsageError(
            "give WHERE and one KEY, or neither to be asked for the value", hint=_WHERE
        )
    return where, rest[0]


def _environment(word: str) -> str:
    """Return a word as an environment. It is not repeated: it may be the value."""
    try:
        return check_environment(word)
    except UsageError:
        raise UsageError(
            "a value is never an argument",
            hint=f"name the key that had it, or pipe it in. {_WHERE}",
        ) from None


def _given(app: App, file: Path | None) -> str:
    if app.no_input and file is None and sys.stdin.isatty():
        raise UsageError("no value given", hint="pipe it in, or use --from-file")
    try:
        # Files of one line end it, and the value that was recorded may have no line end.
        return read_value(app, "what is to go", file).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageError("the value is not UTF-8, and TOML is", hint="give it as text") from None


def _check_files(layout: OrgLayout, left: Leftovers) -> None:
    from tetra_es.errors import Refused

    if left.in_place:
        name = left.in_place[0].relative_to(layout.root)
        raise Refused(
            f"{name} has the value, in a change that is not recorded",
            hint="take it out there, then purge again",
        )


def _ask(app: App, lines: list[str]) -> None:
    if app.no_input or not sys.stdin.isatty():
        raise UsageError(
            "nobody is there to be asked whether to destroy it",
            hint="--yes answers; --dry-run shows what would be destroyed",
        )
    say("this would be destroyed:")
    for line in lines:
        say(line)
    click.confirm("Destroy it? There is no way back", abort=True, err=True)
