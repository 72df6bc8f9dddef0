"""`undo`: take back what one event changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tetra_es_cli.context.params import REF, allow_option
from tetra_es_cli.context.recording import recording_options
from tetra_es_cli.output.recorded import emit_recorded, warn_unused

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es.usecases.config.source_file import SourceFile
    from tetra_es_cli.context.app import App
    from tetra_es_cli.context.recording import Recording


@click.command()
@click.argument("ref", metavar="EVENT", type=REF)
@allow_option
@recording_options
@click.pass_obj
def undo(app: App, ref: Ref, allow: tuple[str, ...], how: Recording) -> None:
    """Take back what EVENT changed, by key, as a new event.

    EVENT is an edit of local, the manifest or a profile: a position such as 41, or another REF.
    What else was changed since stays, and so do comments. Where one of its keys was changed again
    since, nothing is done (exit 3). Promote after it, as after every edit.
    """
    from tetra_es.usecases.config.undo import Undo

    position, file = _event(app, ref)
    done = app.act(Undo(position, file, allow), how)
    warn_unused(allow, [*done.edits, *done.recorded])
    emit_recorded(
        done.recorded, how, nothing=f"nothing to do: what #{position} changed is as before it"
    )


def _event(app: App, ref: Ref) -> tuple[int, SourceFile | None]:
    """Return the position of an event, and the edited file that it changed, None for another."""
    from tetra_es.usecases.config.source_file import MANIFEST, SOURCE, profile_of
    from tetra_es_projections.queries.events import find_event

    with app.reading() as reader:
        event = find_event(reader, ref).details
    topic, environment = event.topic, event.state.get("environment", "")
    if topic in ("manifest.edited", "organization.created"):
        return event.event, MANIFEST
    if topic == "profile.edited":
        return event.event, profile_of(environment)
    edits = topic.startswith("environment.") and environment == SOURCE.environment
    return event.event, SOURCE if edits else None
