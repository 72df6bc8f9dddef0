"""`apply`: deploy on this machine what a clone of the mirror says."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli.context.command_line import tool
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import (
    dry_run_option,
    env_argument,
    replace_drift_option,
    replace_unmanaged_option,
)
from tetra_es_cli.context.paths import FilePath
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import say
from tetra_es_cli.output.plans import plan_lines
from tetra_es_cli.output.servers import ServerConsole, raise_first

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es_cli.context.app import App


@click.command()
@env_argument()
@click.option(
    "--local", is_flag=True, required=True, expose_value=False, help="On this machine; required."
)
@click.option(
    "--mirror",
    type=FilePath(file_okay=False),
    metavar="FOLDER",
    help="The clone.  [default: history/ of the organization]",
)
@click.option(
    "--founder",
    metavar="FINGERPRINT",
    help="Refuse a history that was not founded with this key, `SHA256:…`.",
)
@click.option(
    "--state",
    type=FilePath(file_okay=False),
    metavar="DIR",
    help="Where to keep what was admitted.  [default: $XDG_STATE_HOME/tetra-es]",
)
@click.option("--create-user", is_flag=True, help="Create the service's user where it is missing.")
@replace_unmanaged_option
@replace_drift_option
@identity_option
@dry_run_option
@click.pass_obj
def apply(
    app: App,
    environment: str,
    mirror: Path | None,
    founder: str | None,
    state: Path | None,
    create_user: bool,
    replace_unmanaged: bool,
    replace_drift: bool,
    given: tuple[Path, ...],
    dry_run: bool,
) -> None:
    """Deploy ENV on this machine from a clone of the mirror, which a timer can do.

    Chain and signatures are checked first (exit 4). The deployed release is never replaced by an
    older state or by another history's; a rollback is a newer event. Nothing is recorded: the
    machine has no store.
    """
    from tetra_es.usecases.deploy.apply import Apply
    from tetra_es.usecases.deploy.request import ApplyRequest
    from tetra_es_projections.opening import clone_at

    root = mirror or app.chosen.mirror
    applying = Apply(clone_at(root, app.derived.git), founder, state or app.settings.state_dir)
    organization, wanted = applying.organization, app.org or app.settings.org
    again = ["apply", environment, "--local"]
    again += ["--mirror", str(mirror)] if mirror else []
    again += ["--founder", founder] if founder else []
    again += ["--state", str(state)] if state else []
    again += ["--create-user"] if create_user else []
    again += ["--replace-unmanaged"] if replace_unmanaged else []
    again += ["--replace-drift"] if replace_drift else []
    again += [word for file in given for word in ("--identity", str(file))]
    if wanted and wanted != organization:
        command = shlex.join([*tool(replace(app, org=organization)), *again])
        raise UsageError(
            f"{root} is a clone of {organization}, not of {wanted}",
            hint=f"`{command}` applies it",
        )
    note(f"{applying.events} events of {organization}: chain and signatures are sound")
    request = ApplyRequest(
        environment,
        create_user=create_user,
        replace_unmanaged=replace_unmanaged,
        replace_drift=replace_drift,
        who=app.settings.user or "apply",
        again=shlex.join([*tool(app), *again]),
    )
    if dry_run:
        plans = applying.plan(request, loader(app, given))
        for line in (line for one in plans.rows for line in plan_lines(one)):
            say(line)
        raise_first(plans.errors)
        return
    applied = applying.run(request, loader(app, given), ServerConsole())
    if applied.was_there:
        note(f"{applied.source} is there already")
