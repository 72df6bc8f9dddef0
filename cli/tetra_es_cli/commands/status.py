"""`status`: what is edited, drifted, promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import report_option
from tetra_es_cli.output.emit import emit
from tetra_es_cli.output.model import Report
from tetra_es_cli.output.table import short_time, table_lines
from tetra_es_projections.queries.status import organization_status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tetra_es_cli.context.app import App


@click.command()
@report_option
@click.pass_obj
def status(app: App, output: str) -> None:
    """Show unrecorded edits, drift, and what each environment was generated from."""
    with app.reading() as reader:
        found = vars(organization_status(reader))
    found["environments"] = [
        {**row._asdict(), "time": short_time(row.time)} for row in found["environments"]
    ]
    found["servers"] = [
        {**row._asdict(), "since": short_time(row.since)} for row in found["servers"]
    ]
    emit(Report(found, _lines(found)), output)


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"organization {found['org']}, {found['events']} events, in {found['folder']}"
    yield from table_lines(
        found["environments"], ("environment", "state", "event", "source", "time")
    )
    if found["servers"]:
        yield from table_lines(found["servers"], ("environment", "host", "runs", "since", "newest"))
    for path in found["unrecorded"]:
        yield f"not recorded yet: {path} (`tetra-es record`, or any command that depends on it)"
    for path in found["drift"]:
        yield f"drift: {path} was changed by hand (`tetra-es promote ENV --force` replaces it)"
    for path in found["missing"]:
        yield f"missing: {path} (`tetra-es rebuild` puts it back)"
