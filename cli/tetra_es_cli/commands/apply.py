"""`apply`: deploy on this machine what a clone of the mirror says."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es.layout import OrgLayout
from tetra_es.remote.server import Server
from tetra_es.remote.transport import Local
from tetra_es.usecases.apply import Unrecorded, check_forward, check_history, newest_state
from tetra_es.usecases.deploy import check_plan, deploy, is_there, preflight
from tetra_es.usecases.unmanaged import check_unmanaged
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import dry_run_option, env_argument, replace_unmanaged_option
from tetra_es_cli.deploying import order_for, show_copies
from tetra_es_cli.output.console import note
from tetra_es_cli.output.plans import emit_plan
from tetra_es_cli.wishes import tool
from tetra_es_projections.mirror.clone import records_of_clone, sealed_in_clone

if TYPE_CHECKING:
    from tetra_es.usecases.deployable import Deployable
    from tetra_es.usecases.order import Order
    from tetra_es_cli.context.app import App


@click.command()
@env_argument()
@click.option(
    "--local", is_flag=True, required=True, expose_value=False, help="On this machine; required."
)
@click.option(
    "--mirror",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="The clone.  [default: history/ of the organization]",
)
@click.option(
    "--founder",
    metavar="FINGERPRINT",
    help="Refuse a history that was not founded with this key, `SHA256:…`.",
)
@click.option("--create-user", is_flag=True, help="Create the service's user where it is missing.")
@replace_unmanaged_option
@identity_option
@dry_run_option
@click.pass_obj
def apply(
    app: App,
    environment: str,
    mirror: Path | None,
    founder: str | None,
    create_user: bool,
    replace_unmanaged: bool,
    given: tuple[Path, ...],
    dry_run: bool,
) -> None:
    """Deploy ENV on this machine from a clone of the mirror: the pull way.

    Chain and signatures are checked first (exit 4). What is deployed is never replaced by an
    older state or by another history's; a rollback is a newer event. Nothing is recorded: the
    machine has no store.
    """
    root = mirror or OrgLayout.of(app.base, app.settings.org_named(app.org)).mirror
    records = list(records_of_clone(root))
    organization = check_history(records, founder)
    wanted = app.org or app.settings.org
    if wanted and wanted != organization:
        raise UsageError(
            f"{root} is a clone of {organization}, not of {wanted}", hint="see --org and TETRA_ORG"
        )
    note(f"{len(records)} events of {organization}: chain and signatures are sound")
    state = newest_state(
        records,
        environment,
        lambda key: sealed_in_clone(root, environment, key),
        loader(app, given),
    )
    order = order_for(
        organization, state, create_user=create_user, replace_unmanaged=replace_unmanaged
    )
    again = [*tool(app), "apply", environment, "--local"]
    again += ["--mirror", str(mirror)] if mirror else []
    again += ["--founder", founder] if founder else []
    again += ["--create-user"] if create_user else []
    again += [word for file in given for word in ("--identity", str(file))]
    with Server.open(Local(), organization, environment) as server:
        if not dry_run:
            server.lock(app.settings.user or "apply", "localhost")
        current = server.inspect().current
        if current is not None:
            check_forward(records, state, current.source)
        plan = preflight(server, order)
        if dry_run:
            emit_plan(server.host, order, plan)
        check_unmanaged(server.host, order, plan, shlex.join([*again, "--replace-unmanaged"]))
        if dry_run:
            check_plan(plan)
        elif is_there(server, order, plan):
            note(f"{order.source} is there already")
        else:
            _deploy(server, order, state)


def _deploy(server: Server, order: Order, state: Deployable) -> None:
    host = server.host
    kept = deploy(
        server,
        order,
        Unrecorded(state.environment, host),
        reopen=lambda: Server.open(Local(), order.release.organization, state.environment),
        say=lambda step: note(f"{host}: {step}"),
    )
    note(f"{host}: {order.source} serves")
    show_copies(host, kept)
