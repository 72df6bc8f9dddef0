"""`init`: create an organization."""

from __future__ import annotations

import platform
import shlex
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tetra_es.layout import SOURCE, OrgLayout
from tetra_es_cli.context.own_line import own_recipient
from tetra_es_cli.context.params import reason_option
from tetra_es_cli.output.console import hint
from tetra_es_cli.output.emit import say
from tetra_es_cli.output.invitation import SPARE

if TYPE_CHECKING:
    from tetra_es.settings import Settings
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("org")
@click.option(
    "--domain", help="DNS name that prod is served under.  [default: ORG.example]", metavar="NAME"
)
@click.option(
    "--actor",
    metavar="NAME",
    help="Your name as a signer.  [default: $TETRA_ACTOR, else USER@HOST]",
)
@click.option("--no-identity", is_flag=True, help="Make no identity; you read no secrets.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be created; create nothing.")
@reason_option
@click.pass_obj
def init(
    app: App,
    org: str,
    domain: str | None,
    actor: str | None,
    no_identity: bool,
    dry_run: bool,
    reason: str,
) -> None:
    """Create the organization ORG: manifest, local.toml, signing key, store and mirror.

    You become its first signer, and with an identity, made where you have none, a reader of the
    secrets of every environment. A manifest.toml or local.toml that is there already is taken
    over. An `init` that was cut short is taken up again.
    """
    from tetra_es.usecases.create_organization import CreateOrganization, initial_config
    from tetra_es.usecases.new_workspace import refuse_existing

    layout = OrgLayout.of(app.base, org)
    refuse_existing(layout)
    signer = actor or app.settings.actor or default_actor(app.settings)
    initial = initial_config(
        layout, domain, app.settings.user or "tetra", platform.system().lower()
    )
    wanted = CreateOrganization(initial, signer)
    wanted.check()
    if dry_run:
        say(f"would create {layout.root} with the signer {signer}")
        return
    reads = None if no_identity else own_recipient(app)
    app.create(layout, replace(wanted, reads=reads), reason)
    say(f"created the organization {org} in {layout.root}")
    say(f"  signer   {signer}")
    if reads:
        say(f"  reads    the secrets of every environment, with {app.settings.identity}")
    say(f"  edit     {layout.file(SOURCE)}")
    say(f"  then     {_next(app, org)}")
    if sys.stderr.isatty():  # a script has no use for it
        meant = [] if app.settings.org == org else ["--org", org]
        hint(SPARE.replace(" member ", " ".join(["", *meant, "member", ""])))


def _next(app: App, org: str) -> str:
    """Return the command that comes next, with what says which organization is meant."""
    options = [] if app.settings.org == org else ["--org", org]
    options += ["--dir", str(app.directory)] if app.directory else []
    return shlex.join(["tetra-es", *options, "promote", "dev"])


def default_actor(settings: Settings) -> str:
    """Return the name of a signer who gave none: `user@host`."""
    host = "".join(char for char in socket.gethostname() if char.isalnum() or char in "-.")
    return f"{settings.user or 'tetra'}@{host or 'localhost'}"
