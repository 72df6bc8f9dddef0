"""What commands about servers start from: which hosts, and how they are reached."""

from __future__ import annotations

import getpass
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tetra_es_cli.context.become import become_option, become_password
from tetra_es_cli.context.command_line import command_for
from tetra_es_cli.context.params import HOST
from tetra_es_cli.output.servers import ServerConsole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tetra_es.usecases.deploy.access import Access
    from tetra_es.usecases.deploy.diagnose import Findings
    from tetra_es.usecases.deploy.look import Looking
    from tetra_es.usecases.deploy.operations import Operations
    from tetra_es.usecases.deploy.request import HostSelection
    from tetra_es.usecases.deploy.rollouts import Rollouts
    from tetra_es.usecases.deploy.units import Units
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording
    from tetra_es_projections.queries.deployments import RecordedDeployments

Command = TypeVar("Command", bound="Callable[..., Any]")


def hosts_options(command: Command) -> Command:
    """Add the options that say which servers are meant."""
    local = click.option("--local", is_flag=True, help="This machine itself, without ssh.")
    return click.option(
        "--to",
        "hosts",
        multiple=True,
        type=HOST,
        metavar="HOST",
        help="A host as ssh takes it.  [default: deployment.hosts of ENV]",
    )(local(become_option(command)))


take_over_option = click.option(
    "--take-over", is_flag=True, help="Replace what another history put on the server."
)


def access_of(app: App) -> Access:
    """Return how the organization's servers are reached from here."""
    from tetra_es.usecases.deploy.access import Access

    settings = app.settings
    return Access(
        organization=app.layout().root.name,
        ssh=settings.ssh,
        # A person at a terminal may answer ssh's questions; a script may not.
        interactive=not app.no_input and sys.stdin.isatty(),
        who=lambda: settings.actor or settings.user or getpass.getuser(),
        origin=socket.gethostname,
        password=become_password(app),
    )


@contextmanager
def rollouts(app: App, how: Recording) -> Iterator[Rollouts]:
    """Open the organization for rolling it out."""
    from tetra_es.usecases.deploy.rollouts import Rollouts

    with app.workspace(how) as workspace:
        yield Rollouts(workspace, access_of(app), ServerConsole())


@contextmanager
def operations(app: App, how: Recording) -> Iterator[Operations]:
    """Open the organization for working on its servers by hand."""
    from tetra_es.usecases.deploy.operations import Operations

    with app.workspace(how) as workspace:
        yield Operations(workspace, access_of(app), ServerConsole())


@contextmanager
def looking(app: App, selection: HostSelection) -> Iterator[Looking]:
    """Open the organization for looking at servers."""
    from tetra_es.usecases.deploy.look import Looking

    with known_deployments(app) as known:
        yield Looking(known, access_of(app), ServerConsole(), selection)


@contextmanager
def units(app: App, selection: HostSelection) -> Iterator[Units]:
    """Open the organization for working on units."""
    from tetra_es.usecases.deploy.units import Units

    with known_deployments(app) as known:
        yield Units(known, access_of(app), ServerConsole(), selection)


def diagnosed(app: App, selection: HostSelection) -> Findings:
    """Return what is found on the servers of an environment."""
    from tetra_es.usecases.deploy.diagnose import diagnose
    from tetra_es.usecases.deploy.request import DeployRequest

    request = DeployRequest(selection.environment, selection.hosts, selection.local)
    with known_deployments(app) as known:
        return diagnose(known, access_of(app), selection, again=command_for(app, request))


@contextmanager
def known_deployments(app: App) -> Iterator[RecordedDeployments]:
    """Open the organization for what is recorded of environments and their servers."""
    from tetra_es_projections.queries.deployments import RecordedDeployments

    with app.reading() as reader:
        yield RecordedDeployments(reader)
