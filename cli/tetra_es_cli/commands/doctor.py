"""`doctor`: what is wrong with this machine or a server, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.text import one_line
from tetra_es_cli.context.params import HOST, env_argument, listing_option
from tetra_es_cli.context.servers import diagnosed
from tetra_es_cli.output import terminal
from tetra_es_cli.output.console import note
from tetra_es_cli.output.emit import emit, say
from tetra_es_cli.output.model import Listing
from tetra_es_cli.output.table import table_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es_cli.context.app import App

_COLUMNS = ("name", "result", "what", "remedy")


@click.command()
@env_argument(required=False)
@click.option("--local", is_flag=True, help="This machine is ENV's server.")
@click.option("--to", "hosts", multiple=True, type=HOST, metavar="HOST", help="A server of ENV.")
@listing_option
@click.pass_obj
def doctor(
    app: App, environment: str | None, local: bool, hosts: Sequence[str], output: str
) -> int:
    """Check tools, keys, permissions, store and files, and say what to do about what is wrong.

    With ENV, its servers too: who has the ports, what stands in the way of a deployment, what
    runs, drifted or failed. Exit code 1 when a check failed; warnings are things that work and
    may surprise.
    """
    from tetra_es.usecases.deploy.request import HostSelection
    from tetra_es_cli.diagnosis.machine import local_checks

    checks, logs = list(local_checks(app)), []
    if environment is not None:
        found = diagnosed(app, HostSelection(environment, hosts, local))
        checks += found.checks
        logs = found.logs
    rows = [check._asdict() for check in checks]
    room = terminal.width() if output == "table" else None
    if room is None or max(map(len, table_lines(rows, _COLUMNS))) <= room:
        emit(Listing(rows, _COLUMNS), output)
    else:  # a command that is cut cannot be pasted
        emit(Listing(rows, _COLUMNS[:-1]), output)
        for check in checks:
            if check.remedy:
                say(f"\n{check.name}: {one_line(check.what)}\n  {one_line(check.remedy)}")
    for line in logs:
        note(line)
    return int(any(check.result == "failed" for check in checks))
