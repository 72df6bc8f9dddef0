"""`status`: what is edited, drifted, promoted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from tetra_es.layout import is_edited
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es_cli.context.params import output_option
from tetra_es_cli.output.plain import emit, emit_json, emit_rows
from tetra_es_cli.output.table import short_time
from tetra_es_projections.queries.environments import known_environments
from tetra_es_projections.working_files import changed_files

if TYPE_CHECKING:
    from tetra_es_cli.context.app import App
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.views import TargetRow


@dataclass
class _Status:
    org: str
    folder: str
    events: int
    unrecorded: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    environments: list[dict[str, Any]] = field(default_factory=list)
    servers: list[dict[str, Any]] = field(default_factory=list)


@click.command()
@output_option("text", "json")
@click.pass_obj
def status(app: App, output: str) -> None:
    """Show unrecorded edits, drift, and what each environment was generated from."""
    with app.reading() as reader:
        found = _look(reader)
    if output == "json":
        emit_json(vars(found))
        return
    emit(f"organization {found.org}, {found.events} events, in {found.folder}")
    emit_rows(found.environments, "table", ("environment", "state", "event", "source", "time"))
    if found.servers:
        emit_rows(found.servers, "table", ("environment", "host", "runs", "since", "newest"))
    for path in found.unrecorded:
        emit(f"not recorded yet: {path} (`tetra-es record`, or any command that depends on it)")
    for path in found.drift:
        emit(f"drift: {path} was changed by hand (`tetra-es promote ENV --force` replaces it)")
    for path in found.missing:
        emit(f"missing: {path} (`tetra-es rebuild` puts it back)")


def _look(reader: Reader) -> _Status:
    found = _Status(reader.layout.root.name, str(reader.layout.root), reader.log.last_position())
    for change in changed_files(reader.layout.root, reader.views.file_digests()):
        if change.missing:
            found.missing.append(change.path)
        elif is_edited(change.path):
            found.unrecorded.append(change.path)
        else:
            found.drift.append(change.path)
    source = reader.views.state(SOURCE_OF_TRUTH)
    newest = source.revision if source else 0
    for name in known_environments(reader):
        state = reader.views.state(name)
        found.environments.append(
            {
                "environment": name,
                "revision": state.revision if state else 0,
                "state": f"{name}@{state.revision}" if state else "never promoted",
                "event": state.position if state else None,
                "source_revision": state.source_revision if state else None,
                "behind": _behind(state.source_revision if state else None, newest),
                "source": _source(state.source_revision if state else None, newest),
                "time": short_time(state.time) if state else None,
            }
        )
    found.servers = [server_row(row) for row in reader.views.targets()]
    return found


def server_row(row: TargetRow) -> dict[str, Any]:
    """Return what runs on a host, and how its newest deployment ended."""
    return {
        "environment": row.environment,
        "host": row.host,
        "serving": row.serving,
        "runs": f"{row.environment}@{row.serving}" if row.serving else "nothing",
        "since": short_time(row.since) if row.since else None,
        "deployment": row.deployment,
        "outcome": row.outcome,
        "newest": f"{row.environment}@{row.revision} {row.outcome} (#{row.event})"
        if row.revision
        else f"removed (#{row.event})",
        "event": row.event,
    }


def _behind(source_revision: int | None, newest: int) -> int | None:
    return None if source_revision is None else newest - source_revision


def _source(source_revision: int | None, newest: int) -> str | None:
    if source_revision is None:
        return None
    behind = newest - source_revision
    return f"{SOURCE_OF_TRUTH}@{source_revision}" + (f" ({behind} behind)" if behind else "")
