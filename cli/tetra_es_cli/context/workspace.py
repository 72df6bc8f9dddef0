"""An organization opened for changing it: lock, catch up, record edits, act, catch up.

The lock is held from the first look at the files to the last write, so that a file that another
command is about to replace is never taken for an edit by hand.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.crypto.ssh import keys
from tetra_es.disk.lock import exclusive
from tetra_es.errors import TetraEsError
from tetra_es.store.history import History
from tetra_es.store.log import EventLog
from tetra_es.usecases.session import Session
from tetra_es_cli.context.progress import reporting
from tetra_es_projections.queries.views import Views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.unit_of_work import Recorded
    from tetra_es_cli.context.app import App
    from tetra_es_projections.engine import Projections


@dataclass(frozen=True)
class Workspace:
    """What a command that changes something works with."""

    layout: OrgLayout
    session: Session
    projections: Projections

    @contextmanager
    def views(self) -> Iterator[Views]:
        """Open the views, in step with the events."""
        with Views(self.layout.views) as views:
            yield views

    def settle(self, recorded: list[Recorded]) -> None:
        """Bring everything derived up to date after events were recorded.

        Raises `TetraEsError` that says what is recorded all the same.
        """
        if self.session.dry_run:
            return
        try:
            with reporting() as report:
                self.projections.catch_up(report)
        except TetraEsError as error:
            positions = [f"#{one.position}" for one in recorded if one.position]
            if not positions:
                raise
            problem = TetraEsError(
                f"recorded as {', '.join(positions)}, but not everything that follows from it "
                f"could be written: {error.message}",
                hint=error.hint or "fix that; the next command does the rest",
            )
            problem.exit_code = error.exit_code
            raise problem from error


@contextmanager
def open_workspace(app: App, *, reason: str, dry_run: bool) -> Iterator[Workspace]:
    """Open the organization that `app` names, locked, with everything in step."""
    layout = app.layout()
    with EventLog(layout.store) as log, exclusive(layout.lock):
        log.require_events()
        key = keys.load(app.settings.signing_key)
        with (
            History(layout.store, key) as history,
            app.derived(layout, log) as projections,
        ):
            with reporting() as report:
                projections.catch_up(report)
            session = Session(history, log, key, reason=reason, dry_run=dry_run)
            yield Workspace(layout, session, projections)
