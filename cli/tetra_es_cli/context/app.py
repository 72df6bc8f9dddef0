"""What every command starts from: the options, the settings, and opening an organization."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tetra_es.admission import Admission
from tetra_es.errors import TetraEsError, Unfounded
from tetra_es.layout import OrgLayout
from tetra_es.settings import Settings
from tetra_es_cli.context.organization import chosen
from tetra_es_cli.output.console import Console, ignore_progress, note, warn, warning_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tetra_es.usecases.forks.take_over import Opening, Rerecorded
    from tetra_es.usecases.keys import Identity, OwnKey
    from tetra_es.usecases.ports import OpenedProjections
    from tetra_es.usecases.restoring.restore import Restored
    from tetra_es.usecases.sharing.clone import Cloned
    from tetra_es.usecases.unit_of_work import Intent
    from tetra_es.usecases.upgrade import Upgraded
    from tetra_es.usecases.use_case import Done, UseCase
    from tetra_es.usecases.workspace import Workspace
    from tetra_es_cli.context.recording import Recording
    from tetra_es_projections.opening import Derived
    from tetra_es_projections.queries.reader import Reader


Result = TypeVar("Result")


@dataclass(frozen=True)
class App:
    """The options of `tetra-es` itself."""

    org: str | None = None
    directory: Path | None = None
    no_input: bool = False
    expect: str | None = None
    """Position and hash of an event that a history must have which is new here."""
    debug: bool = False
    clock_was_wrong: bool = False
    """Whether what is recorded says that times before it are in the future by mistake."""

    @cached_property
    def settings(self) -> Settings:
        """The process's environment."""
        return Settings.from_environ()

    @property
    def base(self) -> Path:
        """The folder that organizations are in."""
        return self.directory or self.settings.tetra_dir

    def own_key(self) -> OwnKey:
        """Return where the user's signing key is, and how it is asked for."""
        from tetra_es.usecases.keys import OwnKey
        from tetra_es_cli.context.hidden import ask_hidden

        agent = self.settings.agent
        return OwnKey(
            self.settings.signing_key,
            Path(agent) if agent else None,
            None if self.no_input else ask_hidden,
            note,
        )

    @property
    def chosen(self) -> OrgLayout:
        """Where the organization is, or would be. Raises `UsageError` when none is named."""
        return chosen(self.settings, self.directory, self.org)

    def layout(self) -> OrgLayout:
        """Return where the organization is.

        Raises `UsageError` when none is named, `TetraEsError` when there is none of that name.
        """
        layout = self.chosen
        org = layout.root.name
        if not layout.root.is_dir():
            raise TetraEsError(
                f"there is no organization {org} in {layout.root.parent}",
                hint=f"`tetra-es init {org}` creates it, `tetra-es clone URL` makes a replica of a "
                "shared one; `tetra-es orgs` lists what is there",
            )
        return layout

    @cached_property
    def admission(self) -> Admission:
        """What admitting events depends on beside the events."""
        expect = self.expect or self.settings.expect
        admission = Admission(
            self.settings.state_dir,
            insist=bool(self.expect),  # that of the environment may be of another organization
            ask=not self.no_input,
            say=warning_once(),
            check_derived=self._check_derived,
        )
        return admission.expecting(expect)

    def _check_derived(self, folder: Path, head: Callable[[], tuple[int, bytes]]) -> None:
        """Load what looks at views and mirror when that is asked for, which is seldom."""
        self.derived.check_derived(folder, head)

    @cached_property
    def derived(self) -> Derived:
        """What opens files, views and mirror."""
        from tetra_es_projections.opening import Derived

        return Derived(self.settings.path, warn, self.admission)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Open the organization for reading; catches up first where something is behind."""
        from tetra_es_projections.queries.reader import reading

        layout = self.layout()
        with self._founded(layout), reading(layout, self.admission) as reader:
            if reader is not None:
                yield reader
                return
        self._catch_up(layout)
        with reading(layout, self.admission) as reader:
            if reader is None:
                raise TetraEsError(
                    f"{layout.views} does not keep up with the events",
                    hint="other commands are recording: try again",
                )
            yield reader

    @contextmanager
    def workspace(
        self,
        how: Recording,
        *,
        quiet_edits: bool = False,
        signing: bool = True,
        sharing_now: bool = False,
    ) -> Iterator[Workspace]:
        """Open the organization for changing it; `quiet_edits` where they are the result.

        Without `signing`, no key is needed until something is signed. `sharing_now` is for saying
        where it is shared: newer events may be there.
        """
        from tetra_es.usecases.workspace import open_workspace
        from tetra_es_cli.context.progress import reporting

        layout = self.layout()
        with (
            self._founded(layout),
            reporting() as report,
            open_workspace(
                layout,
                self.own_key(),
                self.derived,
                Console(report or ignore_progress, quiet=quiet_edits),
                self._intent(how.reason, dry_run=how.dry_run),
                self.admission,
                signing=signing,
                sharing_now=sharing_now,
            ) as workspace,
        ):
            yield workspace

    def _intent(self, reason: str, *, dry_run: bool = False) -> Intent:
        """Return why something is recorded, and how."""
        from tetra_es.usecases.unit_of_work import Intent

        return Intent(reason, dry_run, clock_was_wrong=self.clock_was_wrong)

    def act(self, use_case: UseCase[Result], how: Recording) -> Done[Result]:
        """Have a use case decide, and record what it decides."""
        with self.workspace(how) as workspace:
            return workspace.act(use_case)

    def create(self, layout: OrgLayout, use_case: UseCase[Result], reason: str) -> Done[Result]:
        """Have a use case record a new organization in the folder that `layout` says."""
        from tetra_es.usecases.new_workspace import create_organization
        from tetra_es.usecases.unit_of_work import Intent

        return create_organization(
            layout,
            use_case,
            self.own_key(),
            self.derived,
            Console(),
            Intent(reason),
            self.admission,
        )

    def restore(self, place: str, org: str | None, why: str) -> tuple[OrgLayout, Restored]:
        """Restore the history that is at a place; return where it is now, and what is there.

        Without `org`, it is the organization that the options name, else the one whose history it
        is. `why` moves what this account admitted.
        """
        from tetra_es.usecases.restoring.restore import organization_in, restore
        from tetra_es.usecases.sharing.engines import any_copy
        from tetra_es_cli.context.progress import reporting

        wanted = org or self.org or self.settings.org
        with any_copy(place, self.derived) as copy, reporting() as report:
            layout = OrgLayout.of(self.base, wanted or organization_in(copy))
            state, hears = self.settings.state_dir, Console(report or ignore_progress)
            done = restore(layout, copy, state, self.derived, hears, why=why, report=report)
            return layout, done

    def clone(self, url: str, org: str | None) -> tuple[OrgLayout, Cloned]:
        """Make a replica of what is shared at an address; return where it is."""
        from tetra_es.usecases.restoring.restore import organization_in
        from tetra_es.usecases.sharing.clone import clone
        from tetra_es.usecases.sharing.engines import copy_at
        from tetra_es_cli.context.progress import reporting

        with copy_at(url, self.derived) as (where, copy), reporting() as report:
            layout = OrgLayout.of(self.base, org or self.org or organization_in(copy))
            hears = Console(report or ignore_progress)
            done = clone(layout, copy, where, self.derived, hears, self.admission, report)
            return layout, done

    def rerecord(
        self, how: Recording, identities: Callable[[], Sequence[Identity]]
    ) -> Rerecorded | None:
        """Take over the shared log's line, and record again what only this machine has."""
        from tetra_es.usecases.forks.take_over import rerecord_fork

        with self.opening(how) as opening:
            return rerecord_fork(opening, identities)

    @contextmanager
    def opening(self, how: Recording) -> Iterator[Opening]:
        """Yield what the organization is opened with, for what needs it more than once."""
        from tetra_es.usecases.forks.take_over import Opening
        from tetra_es_cli.context.progress import reporting

        layout = self.layout()
        with self._founded(layout), reporting() as report:
            yield Opening(
                layout,
                self.own_key(),
                self.derived,
                Console(report or ignore_progress),
                self._intent(how.reason, dry_run=how.dry_run),
                self.admission,
            )

    def upgrade(self, reason: str) -> Upgraded:
        """Bring an organization of the first edition up to the rules of this one."""
        from tetra_es.usecases.upgrade import upgrade
        from tetra_es_cli.context.progress import reporting

        layout = self.layout()
        with self._founded(layout), reporting() as report:
            console = Console(report or ignore_progress)
            key, intent = self.own_key(), self._intent(reason)
            return upgrade(layout, key, self.derived, console, intent, self.admission)

    @contextmanager
    def projections(
        self, *, reading: bool = False, proving: bool = False
    ) -> Iterator[OpenedProjections]:
        """Open the projections alone, locked, as they are; with `reading` only to look at.

        With `proving`, all events are going to be admitted from the start.
        """
        layout = self.layout()
        with (
            self._founded(layout),
            self.derived.opened(layout, reading=reading, proving=proving) as projections,
        ):
            yield projections

    @contextmanager
    def founded(self) -> Iterator[OrgLayout]:
        """Yield where the organization is, for what opens its store alone."""
        layout = self.layout()
        with self._founded(layout):
            yield layout

    @contextmanager
    def _founded(self, layout: OrgLayout) -> Iterator[None]:
        """Have a store without events explained, for which mirror and views are looked at."""
        try:
            yield
        except Unfounded as error:
            raise self.derived.unfounded(layout) from error

    def _catch_up(self, layout: OrgLayout) -> None:
        from tetra_es_cli.context.progress import reporting

        with reporting() as report:
            self.derived.catch_up(layout, report)
