"""`health` and `drift`: whether the servers do, and have, what was deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import GENERATED, env_argument, listing_option
from tetra_es_cli.context.servers import hosts_options, looking
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.hints import command_with_options
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.servers import raise_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es_cli.context.app import App

_HEALTH = ("host", "service", "unit", "port", "healthy", "status")
_DRIFT = ("host", "subject", "difference")


@click.command()
@env_argument(type=GENERATED)
@hosts_options
@click.option(
    "--timeout",
    type=click.IntRange(1, 600),
    metavar="SECONDS",
    default=5,
    show_default=True,
    help="Seconds to wait.",
)
@listing_option
@click.pass_obj
def health(
    app: App, environment: str, hosts: Sequence[str], local: bool, timeout: int, output: str
) -> None:
    """Ask every service of ENV on its servers; exit 1 when one is not healthy.

    Exit 1 as well when a server does not have what our history says was deployed there.
    """
    from tetra_es.usecases.deploy.request import HostSelection

    with looking(app, HostSelection(environment, hosts, local)) as servers:
        answers = servers.health(timeout)
    rows = [dict(zip(_HEALTH, row, strict=False)) for row in answers.rows]
    empty = "" if answers.errors else f"{environment} has no services"
    emit(Listing(rows, _HEALTH, empty=empty), output)
    raise_first(answers.errors)


@click.command()
@env_argument(type=GENERATED)
@hosts_options
@listing_option
@click.pass_obj
def drift(app: App, environment: str, hosts: Sequence[str], local: bool, output: str) -> None:
    """Compare ENV's servers with what our history says was deployed there.

    Exit 3 when one of them differs, else 1 when one has nothing, was left out of the newest
    deployment, or does not answer. A state that is promoted and not deployed yet is a warning.
    """
    from tetra_es.usecases.deploy.request import HostSelection

    with looking(app, HostSelection(environment, hosts, local)) as servers:
        answers = servers.drift()
    # The remedy of the first is told.
    rows = [
        dict(zip(_DRIFT, row, strict=False)) | {"adopt": [*map(command_with_options, row.adopt)]}
        for row in answers.rows
    ]
    empty = "" if answers.errors else "the servers have what was deployed"
    emit(Listing(rows, _DRIFT, empty=empty), output)
    raise_first(answers.errors)
