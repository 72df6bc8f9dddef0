"""Set, get, list and remove secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli import answers
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import REF, env_argument, key_argument, listing_option
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.context.secret_input import read_value
from tetra_es_cli.output.console import warn
from tetra_es_cli.output.emit import emit, write_raw
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.command("set", context_settings={"allow_extra_args": True})
@env_argument()
@key_argument
@click.option(
    "--from-file", "file", type=FilePath(dir_okay=False), metavar="FILE", help="Read it there."
)
@click.option(
    "--expect",
    type=click.IntRange(min=0),
    metavar="VERSION",
    help="Refuse when the present version is another one; 0 for a new secret.",
)
@recording_options
@click.pass_context
def set_(
    ctx: click.Context,
    environment: str,
    key: str,
    file: Path | None,
    expect: int | None,
    how: Recording,
) -> None:
    """Set KEY to a value from standard input, a hidden prompt or a file; never an argument.

    Needs no identity: a person who knows the recipients can set what they alone can read.
    """
    from tetra_es.usecases.secrets.set_secrets import SetSecrets
    from tetra_es.usecases.secrets.variable_names import check_variable_name

    if ctx.args or "=" in key:  # to be said without repeating it
        raise UsageError(
            "a value is never an argument",
            hint="pipe it in, and take another value: a shell's history has this one now",
        )
    app: App = ctx.obj
    value = read_value(app, check_variable_name(key), file)
    seen = None if expect is None else {key: expect}
    emit_recorded(app.act(SetSecrets(environment, {key: value}, seen=seen), how).recorded, how)
    if not value:
        warn(f"{key} is empty now", "was that meant? A command in a pipe may have failed")


@click.command()
@env_argument()
@key_argument
@click.option(
    "--version",
    "number",
    type=click.IntRange(min=1),
    metavar="VERSION",
    help="Of this version, present or not.",
)
@click.option(
    "--at", "ref", type=REF, metavar="REF", help="Of the version that ENV had then.  [default: now]"
)
@identity_option
@click.pass_obj
def get(
    app: App,
    environment: str,
    key: str,
    number: int | None,
    ref: Ref | None,
    given: tuple[Path, ...],
) -> None:
    """Print the value of KEY, byte for byte."""
    from tetra_es.usecases.secrets.read import read_secrets, read_version
    from tetra_es_projections.queries.environments import require_environment
    from tetra_es_projections.queries.secrets import secrets_at

    if number is not None and ref is not None:
        raise UsageError("--version and --at both say which value", hint="leave one of them out")
    identities = loader(app, given)
    with app.reading() as reader:
        require_environment(reader, environment)
        if ref is not None:
            number = secrets_at(reader, environment, ref).get(key)
            if number is None:
                raise UsageError(
                    f"{environment} had no secret {key} then",
                    hint=f"`tetra-es history {environment} --key {key}` tells when it had",
                )
        if number is not None:
            value = read_version(reader.log, environment, key, number, identities)
        else:
            values = read_secrets(reader.log, reader.layout, environment, identities, [key])
            value = values[key]
    write_raw(value)


@click.command("list")
@env_argument()
@listing_option
@click.pass_obj
def list_(app: App, environment: str, output: str) -> None:
    """List the secrets of ENV: names and versions, who set them and when; never values."""
    with app.reading() as reader:
        found = answers.secrets(reader, environment)
    emit(found, output)


@click.command()
@env_argument()
@key_argument
@recording_options
@click.pass_obj
def rm(app: App, environment: str, key: str, how: Recording) -> None:
    """Remove KEY from ENV. Its versions stay in the history until they are purged."""
    from tetra_es.usecases.secrets.set_secrets import RemoveSecret

    emit_recorded(app.act(RemoveSecret(environment, key), how).recorded, how)
