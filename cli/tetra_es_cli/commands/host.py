"""`host`: the hosts of the organization's environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.groups import CommandGroup
from tetra_es_cli.context.params import ENVIRONMENT, HOST
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.group(cls=CommandGroup)
def host() -> None:
    """Manage the hosts that environments were deployed to; `hosts` lists them."""


@host.command()
@click.argument("name", metavar="NAME", type=HOST)
@click.option(
    "--env",
    "environments",
    multiple=True,
    type=ENVIRONMENT,
    metavar="ENV",
    help="Only for this environment.  [default: all that were deployed there]",
)
@recording_options
@click.pass_obj
def forget(app: App, name: str, environments: tuple[str, ...], how: Recording) -> None:
    """Record that the host NAME is gone: `status`, `health` and `drift` no longer name it.

    The host itself is not asked, and nothing is removed from it.
    """
    from tetra_es.usecases.deploy.forget import ForgetHost

    with app.workspace(how) as workspace:
        done = workspace.act(ForgetHost(name, environments, workspace.deployed_hosts))
    emit_recorded(done.recorded, how, keys=False)
