"""`set` and `unset`: change keys of an edited file without an editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli.context.candidates import WHERE_AND_ASSIGNMENTS, WHERE_AND_KEYS
from tetra_es_cli.context.params import allow_empty_option, allow_option
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.context.source_files import split_source_file
from tetra_es_cli.output.recorded import emit_recorded, warn_unused

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording

_TYPES = (
    "string", "integer", "float", "boolean", "datetime", "date", "time", "array", "table",
)  # fmt: skip
"""Those of `tetra_es.toml.edit.typed`, which is loaded when a value is read."""


@click.command("set")
@click.argument(
    "words", nargs=-1, required=True, metavar="WHERE KEY=VALUE...", type=WHERE_AND_ASSIGNMENTS
)
@click.option(
    "--type",
    "wanted",
    type=click.Choice(_TYPES),
    metavar="TYPE",
    help=f"What VALUE is: {', '.join(_TYPES[:-1])} or {_TYPES[-1]}.",
)
@allow_option
@recording_options
@click.pass_obj
def set_(
    app: App, words: tuple[str, ...], wanted: str | None, allow: tuple[str, ...], how: Recording
) -> None:
    """Set keys of an edited file and record the change.

    WHERE is local, manifest, or profile ENV. VALUE is written as you type it: a TOML value (5555,
    true, '["10.0.0.0/8"]') or else a string. A key that holds a string gets a string. Another type
    than the key has is refused without --type.

    KEY may have quoted parts, and the number of an element, from 0: http.routers[0].name. In a
    profile, KEY is a key of the generated environment, where * stands for any one part.
    """
    from tetra_es.usecases.config.set_keys import SetKeys

    file, rest = split_source_file(words)
    assignments = [_assignment(word) for word in rest]
    if not assignments:
        raise UsageError("nothing to set", hint="give KEY=VALUE, such as ports.tetra=5555")
    done = app.act(SetKeys(file, assignments, wanted, allow=allow), how)
    warn_unused(allow, [*done.edits, *done.recorded])
    emit_recorded(done.recorded, how, nothing=f"nothing to do: {file.path} has that already")


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WHERE KEY...", type=WHERE_AND_KEYS)
@allow_empty_option
@recording_options
@click.pass_obj
def unset(app: App, words: tuple[str, ...], allow_empty: bool, how: Recording) -> None:
    """Remove keys from an edited file and record the change.

    WHERE is local, manifest, or profile ENV. A table that loses its last key stays there, empty;
    name the table to remove it. In a profile it goes, too.
    """
    from tetra_es.usecases.config.set_keys import UnsetKeys

    file, keys = split_source_file(words)
    if not keys:
        raise UsageError("nothing to unset", hint="give a key, such as services.worker.port")
    done = app.act(UnsetKeys(file, keys, allow_empty=allow_empty), how)
    emit_recorded(done.recorded, how)


def _assignment(word: str) -> tuple[str, str]:
    """Return key and value of KEY=VALUE, where a quoted part of the key may hold a `=`.

    Blanks after the `=` are part of the value, unless there is one before it too.
    """
    quote, escaped = "", False
    for index, char in enumerate(word):
        if quote:
            closes = char == quote and not escaped
            escaped = quote == '"' and char == "\\" and not escaped
            quote = "" if closes else quote
        elif char in "\"'":
            quote = char
        elif char == "=":
            key, value = word[:index], word[index + 1 :]
            return key.strip(), value.strip() if key[-1:].isspace() else value
    raise UsageError(f"not KEY=VALUE: {word!r}", hint="such as ports.tetra=5555")
