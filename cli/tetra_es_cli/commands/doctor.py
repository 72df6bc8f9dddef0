"""`doctor`: what is wrong with this machine or a server, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.doctor import local_checks
from tetra_es_cli.output import emit_rows
from tetra_es_cli.params import output_option

if TYPE_CHECKING:
    from tetra_es_cli.app import App


@click.command()
@output_option("table", "json", "jsonl")
@click.pass_obj
def doctor(app: App, output: str) -> int:
    """Check tools, keys, permissions, store and files, and say what to do about what is wrong.

    Exit code 1 when a check failed; warnings are things that work and may surprise.
    """
    checks = list(local_checks(app))
    emit_rows([check._asdict() for check in checks], output, ("name", "result", "what", "remedy"))
    return int(any(check.result == "failed" for check in checks))
