"""What `doctor ENV` looks at on the servers of an environment."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.limits import CLOCK_SKEW
from tetra_es.release.render import render
from tetra_es.remote.drift import drift
from tetra_es.remote.plan import plan
from tetra_es.text import one_line
from tetra_es.usecases.deployed import compare
from tetra_es.usecases.unmanaged import described
from tetra_es_cli.diagnosis.machine import Check
from tetra_es_cli.servers import session, transports
from tetra_es_cli.wishes import Wish, command_for
from tetra_es_projections.queries.secrets import secrets_at
from tetra_es_projections.queries.states import document_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.release.release import Release
    from tetra_es.remote.facts import Facts, UnitState
    from tetra_es.remote.transport import Transport
    from tetra_es_cli.context.app import App

_LOG_LINES = 5


def server_checks(
    app: App, environment: str, hosts: Sequence[str], *, local: bool
) -> Iterator[Check]:
    """Yield the checks of each server of an environment."""
    with app.reading() as reader:
        document = document_at(reader, environment, None)
        # Of the secrets only the names play a part in what is looked at here.
        names = secrets_at(reader, environment, None)
    release = render(app.layout().root.name, environment, document, dict.fromkeys(names, b""))
    replace = command_for(app, Wish(environment, hosts, local, replace_unmanaged=True))
    for transport in transports(
        app, environment, hosts, local=local, document=document, every=True
    ):
        yield from _checks(app, environment, transport, release, replace)


def _checks(
    app: App,
    environment: str,
    transport: Transport,
    release: Release,
    replace: str,
) -> Iterator[Check]:
    host = transport.host
    try:
        with session(app, environment, transport) as server:
            facts = server.inspect(release)
            yield Check(host, "ok", f"reached; systemd {facts.systemd}, {facts.state}")
            yield from _clock(host, facts)
            yield from _ports(host, facts, release)
            yield from _ahead(host, facts, release, replace)
            yield from _deployed(app, host, facts, environment)
            if facts.current is not None:
                for unit in server.status(tuple(facts.current.units)):
                    yield _unit(host, unit)
    except TetraEsError as error:
        yield Check(host, "failed", error.message, error.hint or "")


def _clock(host: str, facts: Facts) -> Iterator[Check]:
    skew = facts.time - int(time.time())
    if abs(skew) > CLOCK_SKEW:
        what = f"its clock is {abs(skew)} s {'ahead' if skew > 0 else 'behind'}"
        yield Check(f"{host} clock", "warning", what, "set up time synchronization there")
    else:
        yield Check(f"{host} clock", "ok", "agrees with the one here")


def _ports(host: str, facts: Facts, release: Release) -> Iterator[Check]:
    for service in release.services:
        if service.port is None:
            continue
        who = [
            f"{one.command} ({one.unit or f'process {one.pid}'})"
            for one in facts.listeners
            if one.port == service.port
        ]
        yield Check(f"{host} port {service.port}", "ok", ", ".join(who) or "free")


def _ahead(host: str, facts: Facts, release: Release, replace: str) -> Iterator[Check]:
    """Yield what would stand in the way of a deployment: files, users, ports, space."""
    found = plan(release, facts, now=int(time.time()))
    for one in found.unmanaged:
        what = f"not deployed by tetra-es: {described(one)}"
        yield Check(f"{host} deploy", "failed", what, f"`{replace}` keeps a copy and replaces it")
    for problem in found.problems:
        yield Check(f"{host} deploy", "failed", problem.what, problem.hint)
    if not (found.unmanaged or found.problems):
        yield Check(f"{host} deploy", "ok", "nothing stands in the way")


def _deployed(app: App, host: str, facts: Facts, environment: str) -> Iterator[Check]:
    try:
        with app.reading() as reader:
            found = compare(reader.log, environment, host, facts.current)
    except TetraEsError as error:
        yield Check(f"{host} release", "failed", error.message, error.hint or "")
        return
    if found.difference:
        yield Check(f"{host} release", "failed", found.difference, found.hint)
    else:
        what = (
            found.source
            if found.recorded
            else f"{found.source}, of which no deployment is recorded"
        )
        yield Check(f"{host} release", "ok", what)
    if facts.pending is not None:
        yield Check(
            f"{host} release",
            "warning",
            f"the deployment {facts.pending.deployment} is {facts.pending.state}",
            f"`tetra-es deploy {environment}` asks how it ended",
        )
    if found.difference:
        return
    for one in drift(facts, found.recorded.files if found.recorded else None):
        what = f"{one.subject}: {one.difference}"
        yield Check(f"{host} drift", "warning", what, f"`tetra-es deploy {environment}`")


def _unit(host: str, unit: UnitState) -> Check:
    if unit.running:
        what = f"active since {unit.since}, {unit.restarts} restarts"
        return Check(f"{host} {unit.name}", "ok", what)
    what = f"{unit.load}, {unit.active} ({unit.result})"
    return Check(f"{host} {unit.name}", "failed", what, f"journalctl -u {unit.name} on {host}")


def last_lines(
    app: App, environment: str, hosts: Sequence[str], failed: Sequence[Check], *, local: bool
) -> Iterator[str]:
    """Yield the last log lines of the units that failed, for a person's eyes."""
    for transport in transports(app, environment, hosts, local=local, every=True):
        names = [check.name.removeprefix(f"{transport.host} ") for check in failed]
        units = [name for name in names if name.endswith(".service")]
        if units:
            with session(app, environment, transport) as server:
                for line in server.logs(units, _LOG_LINES):
                    yield one_line(f"{transport.host}: {line}")
