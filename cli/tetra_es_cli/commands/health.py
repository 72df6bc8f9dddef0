"""`health` and `drift`: whether the servers do, and have, what was deployed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from tetra_es.errors import Refused, TetraEsError
from tetra_es.remote.drift import drift as drift_of
from tetra_es_cli.context.params import env_argument, output_option
from tetra_es_cli.output.console import note
from tetra_es_cli.output.plain import emit_rows
from tetra_es_cli.servers import ask_each, compared, hosts_options, raise_first, transports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.remote.drift import Difference
    from tetra_es.remote.facts import Deployed
    from tetra_es.remote.server import Server
    from tetra_es.usecases.deployed import Comparison
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
    """Ask every service of ENV on its servers; exit 1 when one is not healthy.

    Exit 1 as well when a server does not have what our history says was deployed there.
    """

    def ask(server: Server) -> list[dict[str, Any]]:
        facts, found = compared(app, server, environment)
        if found.difference:
            raise TetraEsError(f"the release on {server.host} {found.difference}", hint=found.hint)
        _note_unrecorded(server.host, found)
        services = facts.current.services if facts.current else ()
        answers = server.health(services, timeout)
        return [{"host": server.host, **asdict(answer)} for answer in answers]

    found = transports(app, environment, hosts, local=local, every=True)
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
    """Compare ENV's servers with what our history says was deployed there.

    Exit 3 when one of them differs, 1 when one has nothing or does not answer.
    """
    hints: list[str] = []

    def ask(server: Server) -> list[dict[str, Any]]:
        facts, found = compared(app, server, environment)
        _note_unrecorded(server.host, found)
        if found.difference:
            hints.append(found.hint)
            return [_difference(server, "release", found.difference)]
        differences = drift_of(facts, found.recorded.files if found.recorded else None)
        hints.extend(_remedy(environment, one) for one in differences)
        return [_difference(server, one.subject, one.difference) for one in differences]

    found = transports(app, environment, hosts, local=local, every=True)
    rows, errors = ask_each(app, environment, found, ask)
    alike = "" if errors else "the servers have what was deployed"
    emit_rows(rows, output, ("host", "subject", "difference"), empty=alike)
    raise_first(errors)
    if rows:
        raise Refused(
            f"{rows[0]['subject']} on {rows[0]['host']}: {rows[0]['difference']}", hint=hints[0]
        )


def _difference(server: Server, subject: str, difference: str) -> dict[str, Any]:
    return {"host": server.host, "subject": subject, "difference": difference}


def _remedy(environment: str, one: Difference) -> str:
    if one.repairable:
        return f"`tetra-es deploy {environment}` puts it right"
    return (
        f"`systemctl revert {one.subject}` there removes that; what should stay belongs in the TOML"
    )


def _note_unrecorded(host: str, found: Comparison) -> None:
    if found.recorded is None and not found.difference:
        note(
            f"{host} has {found.source}, and no deployment of it to {host} is recorded: "
            "it came with `apply`, or under another name of the host"
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
