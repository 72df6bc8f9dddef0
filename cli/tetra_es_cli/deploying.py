"""Deploying to the hosts of an environment: what `deploy`, `rollback --deploy` and others share."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tetra_es.errors import TetraEsError
from tetra_es.refs import RevisionRef
from tetra_es.rendering.render import render
from tetra_es.servers.server import Server
from tetra_es.usecases.deploy import deploy, preflight, settle
from tetra_es.usecases.deployable import deployable
from tetra_es.usecases.order import Order
from tetra_es_cli.app import note, warn
from tetra_es_cli.identity import loader
from tetra_es_cli.output import emit, emit_json
from tetra_es_cli.plans import emit_plan, plan_as_json
from tetra_es_cli.servers import CommandJournal, serving_hosts, session, transports
from tetra_es_projections.summaries import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es.servers.transport import Transport
    from tetra_es.usecases.deployable import Deployable
    from tetra_es_cli.app import App


@dataclass(frozen=True)
class Wish:
    """What a person asked for."""

    environment: str
    hosts: Sequence[str] = ()
    local: bool = False
    ref: Ref | None = None
    identities: Sequence[Path] = ()
    reason: str = ""
    create_user: bool = field(default=False, kw_only=True)


def order_of(app: App, wish: Wish) -> Order:
    """Return what is to be deployed: the state that the wish means, rendered."""
    with app.changing() as workspace:
        position = secrets_at = None
        if wish.ref is not None:
            with workspace.views() as views:
                position = views.position_of(wish.ref, wish.environment)
                if isinstance(wish.ref, RevisionRef):
                    later = [
                        row for row in views.revisions(wish.environment) if row.position > position
                    ]
                    secrets_at = min((row.position for row in later), default=2**62) - 1
                else:
                    secrets_at = views.position_of(wish.ref)
        state = deployable(
            workspace.session,
            wish.environment,
            position,
            secrets_at,
            loader(app, wish.identities),
        )
    return order_for(app.layout().root.name, state, create_user=wish.create_user)


def order_for(organization: str, state: Deployable, *, create_user: bool) -> Order:
    """Return a state rendered for servers."""
    name = f"environments/{state.environment}.toml"
    release = render(organization, state.environment, state.text, state.values, name=name)
    return Order(secrets.token_hex(8), state, release, create_user=create_user)


def show_plans(app: App, wish: Wish, output: str) -> None:
    """Print what deploying would change on each host, and what stands in its way."""
    order = order_of(app, wish)
    plans = []
    for transport in _hosts(app, wish, order):
        with session(app, wish.environment, transport) as server:
            plans.append((server.host, preflight(server, order)))
    if output == "json":
        emit_json([plan_as_json(host, order, plan) for host, plan in plans])
        return
    for host, plan in plans:
        emit_plan(host, order, plan)
    emit("nothing was changed: this was a dry run")


def deploy_to_all(app: App, wish: Wish, output: str, *, parallel: int = 1) -> None:
    """Deploy to each host, `parallel` at a time; a batch with a failure is the last.

    Raises the error of the first that failed, after all of its batch have ended.
    """
    _deploy(app, wish, order_of(app, wish), output, parallel=parallel)


def _deploy(app: App, wish: Wish, order: Order, output: str, *, parallel: int) -> None:
    hosts = _hosts(app, wish, order)
    rows: list[dict[str, Any]] = []
    for start in range(0, len(hosts), parallel):
        ended = _batch(app, wish, order, hosts[start : start + parallel])
        rows += [one for one in ended if not isinstance(one, BaseException)]
        if failure := next((one for one in ended if isinstance(one, BaseException)), None):
            for transport in hosts[start + parallel :]:
                note(f"{transport.host}: not tried")
            for line in getattr(failure, "journal", ()):
                note(f"log: {one_line(line)}")
            raise failure
    if not wish.hosts and not wish.local:
        _name_others(app, wish.environment, [transport.host for transport in hosts])
    if output == "json":
        emit_json(rows)


def _name_others(app: App, environment: str, hosts: Sequence[str]) -> None:
    """Say where the environment still runs though it no longer names the host."""
    for host in serving_hosts(app, environment):
        if host not in hosts:
            warn(
                f"{environment} still runs on {host}, which it does not name",
                f"`tetra-es daemon uninstall {environment} --to {host}` removes it",
            )


def remove_from_all(app: App, wish: Wish, output: str) -> None:
    """Remove everything that was deployed to each host: a deployment of nothing."""
    order = order_of(app, wish)
    nothing = replace(
        order,
        state=replace(order.state, revision=0, secrets=(), values={}),
        release=replace(order.release, folders=(), files=(), links=(), units=(), services=()),
    )
    _deploy(app, wish, nothing, output, parallel=1)


def _batch(
    app: App, wish: Wish, order: Order, hosts: Sequence[Transport]
) -> list[dict[str, Any] | BaseException]:
    if len(hosts) == 1:  # in this thread, where Ctrl-C arrives
        return [_deploy_to(app, wish, order, hosts[0])]
    with ThreadPoolExecutor(len(hosts)) as pool:
        futures = [pool.submit(_deploy_to, app, wish, order, host) for host in hosts]
    return [future.exception() or future.result() for future in futures]


def _deploy_to(
    app: App, wish: Wish, order: Order, transport: Transport
) -> dict[str, Any] | BaseException:
    order = replace(order, id=secrets.token_hex(8))
    journal = CommandJournal(app, wish.environment, transport.host, wish.reason)
    row = {"host": transport.host, "environment": wish.environment, "deployment": order.id}
    try:
        with session(app, wish.environment, transport, lock=True) as server:
            if left := settle(server, journal):
                note(f"{server.host}: the deployment {left.deployment} before had {left.state}")
            if preflight(server, order).changes_nothing and _is_healthy(server, order):
                there = f"{order.source} is there already, and healthy"
                note(f"{server.host}: {there if order.release.files else 'nothing to remove'}")
                return {**row, "outcome": "unchanged", "services": []}
            answers = deploy(
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
    return {**row, "outcome": "serving", "services": [asdict(one) for one in answers]}


def _is_healthy(server: Server, order: Order) -> bool:
    services, timeout = order.release.services, order.release.settings.health.timeout
    return all(one.healthy for one in server.health(services, timeout))


def _hosts(app: App, wish: Wish, order: Order) -> list[Transport]:
    return transports(app, wish.environment, wish.hosts, local=wish.local, text=order.state.text)
