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
from tetra_es.errors import Refused, TetraEsError
from tetra_es.layout import is_edited
from tetra_es.store.history import History
from tetra_es.store.log import EventLog
from tetra_es.usecases.edit import MANIFEST, Target, record_text
from tetra_es.usecases.unit_of_work import Session
from tetra_es_cli.context.app import note
from tetra_es_cli.context.edited import read_edited
from tetra_es_cli.context.progress import reporting
from tetra_es_projections.engine import Projections
from tetra_es_projections.queries.views import Views

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.unit_of_work import Recorded
    from tetra_es_cli.context.app import App


@dataclass(frozen=True)
class Workspace:
    """What a command that changes something works with."""

    layout: OrgLayout
    session: Session
    projections: Projections
    edits: tuple[Recorded, ...]
    """Edits by hand that were recorded on the way in."""

    @contextmanager
    def views(self) -> Iterator[Views]:
        """Open the views, in step with the events."""
        with Views(self.layout.views) as views:
            yield views

    def check_drift(self, environment: str, *, force: bool) -> list[str]:
        """Refuse to go on when the environment's generated file was changed by hand.

        With `force` the file is moved aside; returns the new paths. A dry run only refuses.
        """
        path = f"environments/{environment}.toml"
        if is_edited(path) or not self.projections.files.is_foreign(path):
            return []
        if not force:
            raise Refused(
                f"{path} was changed by hand, or was there before",
                hint="take the change over into environments/local.toml or the profile; "
                "--force keeps a copy of the file and replaces it",
            )
        if self.session.dry_run:
            return []
        return [self.projections.files.set_aside(path, f"at-{self.session.log.last_position()}")]

    def restore(self, environment: str) -> None:
        """Write an environment's file as recorded, where it was moved aside."""
        if not self.session.dry_run:
            text = self.session.environment(environment).text
            self.projections.files.restore(f"environments/{environment}.toml", text.encode())

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
                hint=error.hint or "mend that; the next command does the rest",
            )
            problem.exit_code = error.exit_code
            raise problem from error


@contextmanager
def open_workspace(
    app: App, *, reason: str, dry_run: bool, record_edits: bool
) -> Iterator[Workspace]:
    """Open the organization that `app` names, locked, with everything in step.

    With `record_edits`, files that people changed are recorded first, and that is said.
    """
    layout = app.layout()
    with EventLog(layout.store) as log, exclusive(layout.lock):
        key = keys.load(app.settings.signing_key)
        with (
            History(layout.store, key) as history,
            Projections(layout, log, app.git()) as projections,
        ):
            with reporting() as report:
                projections.catch_up(report)
            session = Session(history, log, key, reason=reason, dry_run=dry_run)
            edits: list[Recorded] = []
            workspace = Workspace(layout, session, projections, ())
            if record_edits:
                edits = record_pending(workspace, reason="")
                workspace = Workspace(layout, session, projections, tuple(edits))
                workspace.settle(edits)
            yield workspace


def pending_targets(projections: Projections, environments: tuple[str, ...]) -> list[Target]:
    """Return the edited files whose content is not recorded yet, the manifest first.

    Raises `TetraEsError` when one of them is missing altogether.
    """
    targets = []
    for change in projections.files.changed():
        if not is_edited(change.path):
            continue
        if change.missing:
            raise TetraEsError(
                f"{change.path} is missing",
                hint="`tetra-es rebuild` puts the recorded content back",
            )
        targets.append(Target.of_path(change.path))
    made = (Target.of_path(path) for path in projections.files.unknown_profiles())
    targets += [target for target in made if target.environment in environments]
    return sorted(targets, key=lambda target: (target != MANIFEST, target.path))


def record_pending(
    workspace: Workspace,
    *,
    reason: str,
    only: Target | None = None,
    quiet: bool = False,
    allow: Sequence[str] = (),
) -> list[Recorded]:
    """Record the files that people changed; say so unless `quiet`.

    `allow` names keys that look like secrets and are none, in whichever file they are.
    """
    session = workspace.session
    environments = session.organization().manifest.environments
    recorded: list[Recorded] = []
    for target in pending_targets(workspace.projections, environments):
        if only is not None and target != only:
            continue
        text = read_edited(workspace.layout, target)
        done = record_text(session, target, text, reason=reason, allow=allow)
        recorded += done
        if quiet or not done:
            continue
        position = done[-1].position
        what = f"as #{position}" if position else "(would be, in a real run)"
        note(f"recorded the changes in {target.path} {what}")
    return recorded
