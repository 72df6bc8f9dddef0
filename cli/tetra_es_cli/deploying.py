"""Deploying to the hosts of an environment: what `deploy`, `rollback --deploy` and others share."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from tetra_es.errors import Refused, TetraEsError
from tetra_es.refs import RevisionRef
from tetra_es.release.release import nothing
from tetra_es.release.render import render
from tetra_es.remote.facts import CONFIRMED, CONFIRMING, REVERTED, REVERTING
from tetra_es.remote.server import Server
from tetra_es.text import one_line
from tetra_es.usecases.deploy import check_plan, deploy, is_there, preflight, settle
from tetra_es.usecases.deployable import Deployable, deployable
from tetra_es.usecases.order import Order
from tetra_es.usecases.unmanaged import check_unmanaged
from tetra_es_cli.context.identities import loader
from tetra_es_cli.output.console import note, warn
from tetra_es_cli.output.plain import emit, emit_json
from tetra_es_cli.output.plans import emit_plan, plan_as_json
from tetra_es_cli.servers import (
    CommandJournal,
    ask_each,
    check_ours,
    raise_first,
    serving_hosts,
    session,
    transports,
)
from tetra_es_cli.wishes import command_for
from tetra_es_projections.queries.refs import position_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.remote.facts import Outcome
    from tetra_es.remote.plan import Plan
    from tetra_es.remote.transport import Transport
    from tetra_es.usecases.deploy import Kept
    from tetra_es_cli.context.app import App
    from tetra_es_cli.wishes import Wish


def order_of(app: App, wish: Wish) -> Order:
    """Return what is to be deployed: the state that the wish means, rendered."""
    with app.changing() as workspace:
        position = secrets_at = None
        if wish.ref is not None:
            with workspace.views() as views:
                position = position_of(views, wish.ref, wish.environment)
                if isinstance(wish.ref, RevisionRef):
                    later = [
                        row for row in views.revisions(wish.environment) if row.position > position
                    ]
                    secrets_at = min((row.position for row in later), default=2**62) - 1
                else:
                    secrets_at = position_of(views, wish.ref)
        state = deployable(
            workspace.session,
            wish.environment,
            position,
            secrets_at,
            loader(app, wish.identities),
        )
    return order_for(
        app.layout().root.name,
        state,
        create_user=wish.create_user,
        replace_unmanaged=wish.replace_unmanaged,
    )


def order_for(
    organization: str, state: Deployable, *, create_user: bool, replace_unmanaged: bool
) -> Order:
    """Return a state rendered for servers."""
    release = render(organization, state.environment, state.document, state.values)
    return Order(
        secrets.token_hex(8),
        state,
        release,
        create_user=create_user,
        replace_unmanaged=replace_unmanaged,
    )


def show_plans(app: App, wish: Wish, output: str) -> None:
    """Print what deploying would change on each host.

    Raises what it would fail with, as far as that can be known before.
    """
    order = order_of(app, wish)
    plans, errors = ask_each(
        app,
        wish.environment,
        _hosts(app, wish, order),
        lambda server: [(server.host, preflight(server, order))],
    )
    if output == "json":
        emit_json([plan_as_json(host, order, plan) for host, plan in plans])
    else:
        for host, plan in plans:
            emit_plan(host, order, plan)
        emit("nothing was changed: this was a dry run")
    raise_first(errors)
    for host, plan in plans:
        check_unmanaged(host, order, plan, command_for(app, wish, "--replace-unmanaged"))
        check_plan(plan)


def deploy_to_all(app: App, wish: Wish, output: str, *, parallel: int = 1) -> None:
    """Deploy to each host, `parallel` at a time; a batch with a failure is the last.

    Raises the error of the first that failed, after all of its batch have ended.
    """
    _deploy(app, wish, order_of(app, wish), output, parallel=parallel)


def _deploy(app: App, wish: Wish, order: Order, output: str, *, parallel: int) -> None:
    hosts = _hosts(app, wish, order)
    rows: list[dict[str, Any]] = []
    for start in range(0, len(hosts), parallel):
        batch = hosts[start : start + parallel]
        ended = _batch(app, wish, order, batch)
        failures = [one for one in ended if isinstance(one, BaseException)]
        rows += [
            _failed_row(wish, host.host, one) if isinstance(one, BaseException) else one
            for host, one in zip(batch, ended, strict=True)
        ]
        if failures:
            for transport in hosts[start + parallel :]:
                note(f"{transport.host}: not tried")
            _show_logs(failures)
            if output == "json":
                emit_json(rows)
            raise_first(failures)
    if not wish.hosts and not wish.local:
        _name_others(app, wish.environment, [transport.host for transport in hosts])
    if output == "json":
        emit_json(rows)


def _failed_row(wish: Wish, host: str, error: BaseException) -> dict[str, Any]:
    why = getattr(error, "message", str(error))
    return {
        "host": host,
        "environment": wish.environment,
        "deployment": None,
        "outcome": "failed",
        "services": [],
        "copies": {},
        "error": why,
    }


def _show_logs(failures: Sequence[BaseException]) -> None:
    """Show what the services logged."""
    lines = (line for error in failures for line in getattr(error, "journal", ()))
    for line in dict.fromkeys(lines):
        note(f"log: {one_line(line)}")


def _name_others(app: App, environment: str, hosts: Sequence[str]) -> None:
    """Say where the environment still runs though it no longer names the host."""
    for host in serving_hosts(app, environment):
        if host not in hosts:
            warn(
                f"{environment} still runs on {host}, which it does not name",
                f"`tetra-es daemon uninstall {environment} --to {host}` removes it",
            )


def remove_from_all(app: App, wish: Wish, output: str) -> None:
    """Remove everything that was deployed to each host: a deployment of nothing.

    Neither the secrets nor a valid TOML are needed for that.
    """
    name = wish.environment
    hosts = wish.hosts or ([] if wish.local else serving_hosts(app, name))
    with app.changing() as workspace:
        if not hosts:
            workspace.session.organization().environment_named(name)
        document = workspace.session.environment(name).document
    state = Deployable(name, 0, 0, "", document, (), {})
    release = nothing(app.layout().root.name, name)
    order = Order(secrets.token_hex(8), state, release)
    _deploy(app, replace(wish, hosts=tuple(hosts)), order, output, parallel=1)


def _batch(
    app: App, wish: Wish, order: Order, hosts: Sequence[Transport]
) -> list[dict[str, Any] | BaseException]:
    if len(hosts) == 1:  # in this thread, where Ctrl-C arrives
        return [_deploy_to(app, wish, order, hosts[0], [])]
    live: list[Server] = []
    with ThreadPoolExecutor(len(hosts)) as pool:
        futures = [pool.submit(_deploy_to, app, wish, order, host, live) for host in hosts]
        try:
            wait(futures)
        except KeyboardInterrupt:
            note("interrupted: each server puts back what it had, which is waited for")
            for server in tuple(live):
                server.abandon()
            ended = [future.exception() or future.result() for future in futures]
            if not any(isinstance(one, BaseException) for one in ended):
                raise
            return ended
    return [future.exception() or future.result() for future in futures]


def _deploy_to(
    app: App, wish: Wish, order: Order, transport: Transport, live: list[Server]
) -> dict[str, Any] | BaseException:
    order = replace(order, id=secrets.token_hex(8))
    journal = CommandJournal(app, wish.environment, transport.host, wish.reason)
    row = {
        "host": transport.host,
        "environment": wish.environment,
        "deployment": order.id,
        "error": None,
    }
    try:
        with session(app, wish.environment, transport, lock=True) as server:
            live.append(server)
            if left := settle(server, journal):
                note(f"{server.host}: the deployment before was cut short and {_fate(left)}")
            plan = preflight(server, order)
            check_ours(app, server.host, plan.deployed, take_over=wish.take_over)
            again = command_for(app, wish, "--replace-unmanaged")
            check_unmanaged(server.host, order, plan, again)
            if not order.release.files:
                _check_known(journal, server, plan)
            if is_there(server, order, plan):
                there = f"{order.source} is there already, and healthy"
                note(f"{server.host}: {there if order.release.files else 'nothing to remove'}")
                _record_present(journal, order)
                return {**row, "outcome": "unchanged", "services": [], "copies": {}}
            kept = deploy(
                server,
                order,
                journal,
                reopen=lambda: Server.open(transport, order.release.organization, wish.environment),
                say=lambda step: note(f"{transport.host}: {step}"),
            )
    except TetraEsError as error:
        return error
    done = f"{order.source} serves" if order.state.revision else f"{wish.environment} is removed"
    note(f"{transport.host}: {done}")
    show_copies(transport.host, kept)
    services = [asdict(one) for one in kept.answers]
    return {**row, "outcome": "serving", "services": services, "copies": kept.copies}


def show_copies(host: str, kept: Kept) -> None:
    """Say where the copies are of what somebody else had made."""
    for path, copy in kept.copies.items():
        note(f"{host}: kept {path} as {copy}")


def _fate(outcome: Outcome) -> str:
    if outcome.state in (CONFIRMED, CONFIRMING):
        return "was kept"
    return "was put back" if outcome.state in (REVERTED, REVERTING) else "had changed nothing"


def _record_present(journal: CommandJournal, order: Order) -> None:
    """Record that a server has the release, where the last that was recorded is another one."""
    serving = journal.target().serving
    revision = serving.revision if serving else 0
    if revision != order.state.revision:
        journal.record(order.start)
        journal.record(lambda target, context: target.healthy(context))


def _check_known(journal: CommandJournal, server: Server, plan: Plan) -> None:
    """Refuse to remove nothing where a server has lost its record of what it has."""
    units = journal.units() if plan.deployed is None else []
    left = [unit.name for unit in server.status(units) if unit.load == "loaded"]
    if left:
        name = journal.target().environment
        raise Refused(
            f"{server.host} has no record of what was deployed to it, and {left[0]} is there",
            hint=f"`tetra-es deploy {name} --to {server.host}` makes it anew; then uninstall",
        )


def _hosts(app: App, wish: Wish, order: Order) -> list[Transport]:
    return transports(
        app, wish.environment, wish.hosts, local=wish.local, document=order.state.document
    )
