"""`health` and `drift`: whether the servers do, and have, what was deployed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from tetra_es.errors import Refused, TetraEsError
from tetra_es.remote.drift import drift as drift_of
from tetra_es_cli.context.params import env_argument, output_option
from tetra_es_cli.output.plain import emit_rows
from tetra_es_cli.servers import ask_each, hosts_options, raise_first, transports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.remote.facts import Deployed
    from tetra_es.remote.server import Server
    from tetra_es_cli.context.app import App

_HEALTH = ("host", "service", "unit", "port", "healthy", "status")


@click.command()
@env_argument()
@hosts_options
@click.option(
    "--timeout", type=click.IntRange(1, 600), default=5, show_default=True, help="Seconds to wait."
)
@output_option("table", "json", "jsonl")
@click.pass_obj
def health(
    app: App, environment: str, hosts: Sequence[str], local: bool, timeout: int, output: str
) -> None:
    """Ask every service of ENV on its servers; exit 1 when one is not healthy."""

    def ask(server: Server) -> list[dict[str, Any]]:
        services = deployed(server, environment).services
        answers = server.health(services, timeout)
        return [{"host": server.host, **asdict(answer)} for answer in answers]

    found = transports(app, environment, hosts, local=local)
    rows, errors = ask_each(app, environment, found, ask)
    emit_rows(rows, output, _HEALTH, empty="" if errors else f"{environment} has no services")
    raise_first(errors)
    sick = [row for row in rows if not row["healthy"]]
    if sick:
        first = sick[0]
        raise TetraEsError(
            f"{first['service']} on {first['host']} is not healthy: {first['status']}",
            hint=f"`tetra-es daemon logs {environment}` shows what it says",
        )


@click.command()
@env_argument()
@hosts_options
@output_option("table", "json", "jsonl")
@click.pass_obj
def drift(app: App, environment: str, hosts: Sequence[str], local: bool, output: str) -> None:
    """Compare ENV's servers with what was deployed to them; exit 3 where they differ."""

    by_hand: list[str] = []

    def ask(server: Server) -> list[dict[str, Any]]:
        deployed(server, environment)
        found = drift_of(server.inspect())
        by_hand.extend(one.subject for one in found if not one.repairable)
        return [
            {"host": server.host, "subject": one.subject, "difference": one.difference}
            for one in found
        ]

    found = transports(app, environment, hosts, local=local)
    rows, errors = ask_each(app, environment, found, ask)
    alike = "" if errors else "the servers have what was deployed"
    emit_rows(rows, output, ("host", "subject", "difference"), empty=alike)
    raise_first(errors)
    if rows:
        raise Refused(
            f"{rows[0]['subject']} on {rows[0]['host']}: {rows[0]['difference']}",
            hint=f"`tetra-es deploy {environment}` puts it right"
            if rows[0]["subject"] not in by_hand
            else f"`systemctl revert {rows[0]['subject']}` there removes that; "
            "what should stay belongs into the TOML",
        )


def deployed(server: Server, environment: str) -> Deployed:
    """Return what is on a server. Raises `TetraEsError` where nothing was deployed."""
    current = server.inspect().current
    if current is None or not current.units:
        raise TetraEsError(
            f"{environment} is not deployed to {server.host}",
            hint=f"`tetra-es deploy {environment} --to {server.host}`",
        )
    return current
