"""`set` and `unset`: change keys of an edited file without an editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es.names import check_environment
from tetra_es.toml.edit.assignments import set_values, unset_keys
from tetra_es.usecases.edit import MANIFEST, SOURCE, Target, current_text, record_text
from tetra_es_cli.context.params import allow_option, dry_run_option, output_option, reason_option
from tetra_es_cli.output.recorded import emit_recorded, warn_unused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.usecases.unit_of_work import Session
    from tetra_es_cli.context.app import App

_WHERE = "WHERE is local, manifest, or profile followed by ENV."


def split_target(words: Sequence[str]) -> tuple[Target, list[str]]:
    """Return the edited file that the first words name, and the words after it."""
    if not words:
        raise UsageError("nothing to work on", hint=_WHERE)
    first, *rest = words
    if first.removeprefix("@") == SOURCE.kind:
        return SOURCE, rest
    if first == MANIFEST.kind:
        return MANIFEST, rest
    if first == "profile":
        if not rest:
            raise UsageError("profile of which environment?", hint=_WHERE)
        return Target("profile", check_environment(rest[0])), rest[1:]
    raise UsageError(f"{first} is not a file that is edited", hint=_WHERE)


def present_text(session: Session, target: Target) -> str:
    """Return the recorded text of an edited file, a template for an overlay not there yet."""
    text = current_text(session, target)
    if text is not None:
        return text
    from tetra_es.schema.templates import profile_template

    organization = session.organization()
    organization.environment_named(target.environment)
    return profile_template(target.environment, None)


@click.command("set")
@click.argument("words", nargs=-1, required=True, metavar="WHERE KEY=VALUE...")
@allow_option
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def set_(
    app: App,
    words: tuple[str, ...],
    allow: tuple[str, ...],
    reason: str,
    dry_run: bool,
    output: str,
) -> None:
    """Set keys of an edited file and record the change.

    WHERE is local, manifest, or profile ENV. VALUE is a TOML value (5555, true,
    '["10.0.0.0/8"]'), and a string where it is not one. KEY may have quoted parts. In a profile,
    KEY is a key of the generated environment.
    """
    target, rest = split_target(words)
    assignments = [_assignment(word) for word in rest]
    if not assignments:
        raise UsageError("nothing to set", hint="give KEY=VALUE, such as ports.tetra=5555")
    if target.kind == "profile":
        assignments = [(f"set.{key}", value) for key, value in assignments]
    _change(
        app,
        target,
        lambda text: set_values(text, assignments, name=target.path),
        allow=allow,
        reason=reason,
        dry_run=dry_run,
        output=output,
    )


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WHERE KEY...")
@reason_option
@dry_run_option
@output_option("text", "json")
@click.pass_obj
def unset(app: App, words: tuple[str, ...], reason: str, dry_run: bool, output: str) -> None:
    """Remove keys from an edited file and record the change.

    WHERE is local, manifest, or profile ENV.
    """
    target, keys = split_target(words)
    if not keys:
        raise UsageError("nothing to unset", hint="give a key, such as services.worker.port")
    if target.kind == "profile":
        keys = [f"set.{key}" for key in keys]
    _change(
        app,
        target,
        lambda text: unset_keys(text, keys, name=target.path, prune=target.kind == "profile"),
        reason=reason,
        dry_run=dry_run,
        output=output,
    )


def _assignment(word: str) -> tuple[str, str]:
    """Return key and value of KEY=VALUE, where a quoted part of the key may hold a `=`."""
    quote = ""
    for index, char in enumerate(word):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "=":
            return word[:index].strip(), word[index + 1 :].strip()
    raise UsageError(f"not KEY=VALUE: {word!r}", hint="such as ports.tetra=5555")


def _change(
    app: App,
    target: Target,
    change: Callable[[str], str],
    *,
    allow: Sequence[str] = (),
    reason: str,
    dry_run: bool,
    output: str,
) -> None:
    with app.changing(reason=reason, dry_run=dry_run) as workspace:
        text = change(present_text(workspace.session, target))
        recorded = record_text(workspace.session, target, text, allow=allow)
        workspace.settle(recorded)
    warn_unused(allow, recorded)
    emit_recorded(
        recorded, output, dry_run=dry_run, nothing=f"nothing to do: {target.path} has that already"
    )
