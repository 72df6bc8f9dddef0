"""`event`: one event, whole, with its proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es.errors import UsageError
from tetra_es_cli import answers
from tetra_es_cli.context.params import REF, report_option
from tetra_es_cli.output.emit import emit, write_raw

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@click.argument("ref", type=REF, metavar="REF")
@click.option("--signed-bytes", is_flag=True, help="Print only the bytes that were signed.")
@click.option("--signature", is_flag=True, help="Print only the signature, armored.")
@report_option
@click.pass_obj
def event(app: App, ref: Ref, signed_bytes: bool, signature: bool, output: str) -> None:
    """Show one event: what it holds, its hash, its signature and its commit in the mirror.

    --signed-bytes and --signature print what `ssh-keygen -Y verify -n tetra-es-event` takes.
    """
    from tetra_es_projections.queries.events import find_event

    if signed_bytes and signature:
        raise UsageError("--signed-bytes or --signature, not both")
    with app.reading() as reader:
        found = find_event(reader, ref)
    if signed_bytes:
        write_raw(found.signed_bytes)
    elif signature:
        write_raw(found.details.signature.encode())
    else:
        emit(answers.event_report(found), output)
