"""`deploy`: put an environment on its servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es.limits import LONGEST_PAUSE, MOST_AT_A_TIME
from tetra_es_cli.context.command_line import command_for
from tetra_es_cli.context.identities import identity_option, loader
from tetra_es_cli.context.params import (
    GENERATED,
    HOST,
    REF,
    dry_run_option,
    env_argument,
    reason_option,
    replace_drift_option,
    replace_unmanaged_option,
    report_option,
)
from tetra_es_cli.context.recording import Recording
from tetra_es_cli.context.servers import hosts_options, rollouts, take_over_option
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report
from tetra_es_cli.output.plans import plans_report
from tetra_es_cli.output.servers import raise_first, rollout_report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es.usecases.deploy.request import DeployRequest
    from tetra_es.usecases.deploy.results import HostResult
    from tetra_es_cli.context.app import App


@click.command()
@env_argument(type=GENERATED)
@hosts_options
@click.option("--at", "ref", type=REF, metavar="REF", help="As it was there.  [default: now]")
@click.option("--create-user", is_flag=True, help="Create the service's user where it is missing.")
@click.option(
    "--parallel",
    type=click.IntRange(1, MOST_AT_A_TIME),
    metavar="N",
    help="Hosts at a time.  [default: deployment.batch of ENV, or 1]",
)
@click.option(
    "--pause",
    type=click.IntRange(0, LONGEST_PAUSE),
    metavar="SECONDS",
    help="Wait between hosts, then ask those that are done again.  [default: deployment.pause]",
)
@click.option(
    "--canary",
    type=click.IntRange(0, MOST_AT_A_TIME),
    metavar="N",
    help="Do the first N hosts before all others.  [default: deployment.canary]",
)
@click.option(
    "--rollback-all",
    is_flag=True,
    help="When one host fails, give the others back what they ran before.",
)
@click.option(
    "--restart", is_flag=True, help="Restart all services, whatever changes, as for new code."
)
@click.option(
    "--observe",
    type=HOST,
    metavar="HOST",
    help="Deploy nothing: record how a deployment to HOST ended, by the server's own journal.",
)
@take_over_option
@replace_unmanaged_option
@replace_drift_option
@identity_option
@reason_option
@dry_run_option
@report_option
@click.pass_obj
def deploy(
    app: App,
    environment: str,
    hosts: tuple[str, ...],
    local: bool,
    ref: Ref | None,
    create_user: bool,
    parallel: int | None,
    pause: int | None,
    canary: int | None,
    rollback_all: bool,
    restart: bool,
    observe: str | None,
    take_over: bool,
    replace_unmanaged: bool,
    replace_drift: bool,
    given: tuple[Path, ...],
    reason: str,
    dry_run: bool,
    output: str,
) -> None:
    """Deploy ENV to its servers; one where that fails goes on with what it had (exit 5).

    Files and units are uploaded, switched at once, started, and asked for their health; only then
    is the release kept. If anything fails, or the connection or this process dies, the server
    goes back by itself. One host after the other; the first failure ends it. Files that are there
    already, and that tetra-es did not deploy or somebody changed since, are refused (exit 3). With
    --dry-run, the plan: what would change, as a diff.
    """
    from tetra_es.usecases.deploy.request import DeployRequest

    if observe is not None:
        if hosts or local or ref or dry_run:
            raise UsageError("--observe goes with none of --to, --local, --at and --dry-run")
        observe_on(app, environment, observe, Recording(reason, output=output))
        return
    request = DeployRequest(
        environment,
        hosts,
        local,
        ref,
        given,
        create_user=create_user,
        take_over=take_over,
        replace_unmanaged=replace_unmanaged,
        restart=restart,
        replace_drift=replace_drift,
        parallel=parallel,
        pause=pause,
        canary=canary,
        rollback_all=rollback_all,
    )
    deploy_to_servers(app, request, Recording(reason, dry_run, output))


def deploy_to_servers(app: App, request: DeployRequest, how: Recording) -> Sequence[HostResult]:
    """Deploy, or print what deploying would change; return how it ended."""
    identities = loader(app, request.identities)
    again = command_for(app, request)
    with rollouts(app, how) as rolling:
        if how.dry_run:
            plans = rolling.plan(request, identities, again=again)
            emit(plans_report(plans.rows), how.output)
            raise_first(plans.errors)
            return ()
        done = rolling.deploy(request, identities, again=again)
        emit(rollout_report(done.rows), how.output)
        raise_first(done.errors)
        return done.rows


def observe_on(app: App, environment: str, host: str, how: Recording) -> None:
    """Record how a deployment ended, and say it."""
    with rollouts(app, how) as rolling:
        outcome = rolling.observe(environment, host)
    value = {"host": host, "environment": environment, "deployment": None, "outcome": None}
    line = f"{host}: no deployment of {environment} is open: there is nothing to observe"
    if outcome is not None:
        value |= {"deployment": outcome.deployment, "outcome": outcome.state}
        line = f"{host}: the deployment {outcome.deployment} is {outcome.state} there: recorded"
    emit(Report(value, [line]), how.output)
