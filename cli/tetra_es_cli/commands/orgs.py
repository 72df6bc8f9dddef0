"""`orgs`: which organizations there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tetra_es.errors import TetraEsError
from tetra_es.layout import OrgLayout
from tetra_es.store.log import EventLog
from tetra_es_cli.context.params import output_option
from tetra_es_cli.output.plain import emit_rows

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App


@click.command()
@output_option("table", "json", "jsonl")
@click.pass_obj
def orgs(app: App, output: str) -> None:
    """List the organizations in the folder."""
    folder = app.base / "org"
    names = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    rows = [_row(OrgLayout(folder / name)) for name in names]
    emit_rows(rows, output, ("org", "events", "folder"), empty=f"no organizations in {folder}")


def _row(layout: OrgLayout) -> dict[str, Any]:
    """Return one line; an unusable store does not keep the others from being listed."""
    events: int | None = None
    try:
        with EventLog(layout.store) as log:
            events = log.last_position()
    except TetraEsError:
        pass
    return {"org": layout.root.name, "events": events, "folder": str(layout.root)}
