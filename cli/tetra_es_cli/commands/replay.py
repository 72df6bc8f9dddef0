"""`replay`: what an environment would be without an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import REF, at_option, env_argument, report_option
from tetra_es_cli.output.console import note, warn
from tetra_es_cli.output.emit import emit, write_paged
from tetra_es_cli.output.formats import encoded
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


@click.command()
@env_argument()
@click.option(
    "--without", type=REF, required=True, metavar="EVENT", help="The event that is left out."
)
@at_option
@report_option
@click.pass_obj
def replay(app: App, environment: str, without: Ref, ref: Ref | None, output: str) -> None:
    """Show what ENV would be if EVENT had not been recorded; record nothing.

    EVENT is an edit, a promotion, an import or a rollback. Later edits are done again by key,
    promotions by the rules that they carry; a rollback brings back what the state that it names
    would be. Where an edit replaced another value than would be there, that is said, and
    the edit counts. Nothing tells what people would have done instead.
    """
    from tetra_es_projections.queries.replay import replay as replayed

    with app.reading() as reader:
        found = replayed(reader, environment, without, ref)
    if output != "text":
        from tetra_es_projections.answers.replay import replay_value

        emit(Report(replay_value(found), ()), output)
        return
    for doubt in found.doubts:
        key = f"{doubt.key}: " if doubt.key else ""
        warn(f"#{doubt.event}: {key}{doubt.what}")
    would_be = found.would_be.text if found.would_be else ""
    name = f"{found.state} without #{found.without.event}"
    if found.would_be is None:
        note(f"{environment} would have no state")
    if would_be == found.recorded.text:
        note(f"{found.state} would be the same without #{found.without.event}")
    from tetra_es_cli.output.text_diff import diff_lines

    texts, names = (found.recorded.text, would_be), (found.state, name)
    write_paged(encoded("".join(diff_lines(texts, names, color=app.settings.color))))
