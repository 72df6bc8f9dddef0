"""`env`: the environments of the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli import answers
from tetra_es_cli.context.candidates import PROFILE
from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.params import ENVIRONMENT, env_argument, listing_option
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.group(cls=CommandGroup)
def env() -> None:
    """List, add and remove environments."""


@env.command("list")
@listing_option
@click.pass_obj
def list_(app: App, output: str) -> None:
    """List the environments in promotion order, with their present states."""
    with app.reading() as reader:
        found = answers.environments(reader)
    emit(found, output)


@env.command()
@env_argument()
@click.option(
    "--profile",
    "extends",
    required=True,
    type=PROFILE,
    metavar="NAME",
    help="Built-in profile to start from.",
)
@click.option("--after", type=ENVIRONMENT, metavar="ENV", help="Where in promotion order.")
@recording_options
@click.pass_obj
def add(app: App, environment: str, extends: str, after: str | None, how: Recording) -> None:
    """Add the environment ENV with a profile of its own that extends a built-in one.

    You read its secrets if you read those of another environment.
    """
    from tetra_es.usecases.config.add_environment import AddEnvironment

    done = app.act(AddEnvironment(environment, extends, after), how)
    emit_recorded(done.recorded, how)


@env.command()
@env_argument()
@recording_options
@click.pass_obj
def rm(app: App, environment: str, how: Recording) -> None:
    """Take the environment ENV out of the manifest: nothing is promoted to it any more.

    Its history stays, as do its generated file, its secrets and its profile: `show`,
    `history` and `secret` go on with them, and `env add` brings it back. Refused for local, and
    while a host runs it.
    """
    from tetra_es.usecases.config.remove_environment import RemoveEnvironment

    with app.workspace(how) as workspace:
        done = workspace.act(RemoveEnvironment(environment, workspace.serving_hosts))
    emit_recorded(done.recorded, how)
