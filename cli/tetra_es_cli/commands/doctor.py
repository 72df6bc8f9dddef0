"""`doctor`: what is wrong with this machine or a server, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import TetraEsError
from tetra_es_cli.context.params import env_argument, output_option
from tetra_es_cli.diagnosis.machine import Check, local_checks
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es_cli.context.app import App


@click.command()
@env_argument(required=False)
@click.option("--local", is_flag=True, help="This machine is ENV's server.")
@click.option("--to", "hosts", multiple=True, metavar="HOST", help="A server of ENV.")
@output_option("table", "json", "jsonl")
@click.pass_obj
def doctor(
    app: App, environment: str | None, local: bool, hosts: Sequence[str], output: str
) -> int:
    """Check tools, keys, permissions, store and files, and say what to do about what is wrong.

    With ENV, its servers too: who has the ports, what stands in the way of a deployment, what
    runs, drifted or failed. Exit code 1 when a check failed; warnings are things that work and
    may surprise.
    """
    checks = list(local_checks(app))
    if environment is not None:
        from tetra_es_cli.diagnosis.server import last_lines, server_checks

        try:
            checks += server_checks(app, environment, hosts, local=local)
        except TetraEsError as error:
            checks.append(Check("servers", "failed", error.message, error.hint or ""))
    rows = [check._asdict() for check in checks]
    emit(Listing(rows, ("name", "result", "what", "remedy")), output)
    failed = [check for check in checks if check.result == "failed"]
    if environment is not None and any(check.name.endswith(".service") for check in failed):
        for line in last_lines(app, environment, hosts, failed, local=local):
            note(line)
    return int(bool(failed))
