"""Keep the views, the files and the mirror in step with the events.

The events are appended first, in one transaction; this comes after. Each projection remembers
the position that it has reached, skips what it has, and can be killed at any point: the next
catching up does the rest. A caller of `catch_up` or `rebuild` holds the lock.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from tetra_es.disk.closing import Closing
from tetra_es.disk.identity import file_identity
from tetra_es.errors import RESTORE_HINT, IntegrityFailure, Refused, TetraEsError
from tetra_es.layout import is_edited
from tetra_es.log.replica import Ending
from tetra_es_projections.advance import Advance, advance_views
from tetra_es_projections.bodies import BodiesOf
from tetra_es_projections.check import Differences, differences, unknown_files
from tetra_es_projections.losses import check_ahead, lost_events
from tetra_es_projections.mirror.failures import say_nothing, unusable
from tetra_es_projections.moment import Moment, files_in
from tetra_es_projections.queries.ref_lookup import RefLookup
from tetra_es_projections.queries.views import Views
from tetra_es_projections.tree import TreeProjector
from tetra_es_projections.views import replacing
from tetra_es_projections.views.catching_up import has_purged_text
from tetra_es_projections.views.commits import Commits
from tetra_es_projections.views.database import (
    FILES,
    LATER,
    VIEWS,
    discard,
    go_back,
    open_views,
    open_views_reading,
    progress,
    real,
)
from tetra_es_projections.views.database import unusable as unusable_views
from tetra_es_projections.working_files import Files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica
    from tetra_es.toml.merge import Side
    from tetra_es_projections.advance import Progress
    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.mirror.projection import Mirror
    from tetra_es_projections.mirror.remotes import Remotes
    from tetra_es_projections.mirror.shared.git_log import GitLog

_ATTEMPTS: Final = 3
"""Times that is compared what others change meanwhile."""


class Projections(Closing):
    """Everything derived from one store. Use as a context manager."""

    def __init__(
        self,
        layout: OrgLayout,
        log: Replica,
        git: Git,
        *,
        reading: bool = False,
        warn: Warn = say_nothing,
    ) -> None:
        """Open them. With `reading` nothing is written before they catch up.

        That is for looking alone, and for who does not hold the lock yet.

        `warn` is told what people have to know, and a hint.
        """
        self.layout = layout
        self.log = log
        self._git = git
        self._warn = warn
        self._open(reading=reading)
        self.refs = RefLookup(layout.views, log, self._event_of)

    def _open(self, *, reading: bool = False) -> None:
        """Open the views, and the files that they keep track of."""
        path, self._reading = self.layout.views, reading
        self._connection = (open_views_reading if reading else open_views)(path)
        self._file = file_identity(path)
        self.files = Files(self.layout.root, self._connection, self.log)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def serving_hosts(self, environment: str) -> list[str]:
        """Return the hosts that an environment runs on, by what was recorded; not this machine."""
        with self._views() as views:
            from tetra_es_projections.queries.hosts import serving_hosts  # few commands ask

            return serving_hosts(views.hosts, environment)

    def names_of(self, environment: str, host: str, machine: str | None = None) -> list[str]:
        """Return all names of a host that an environment was deployed to."""
        from tetra_es_projections.queries.hosts import names_of  # few commands ask

        with self._views() as views:
            return names_of(views.hosts, environment, host, machine)

    def deployed_hosts(self) -> dict[str, list[str]]:
        """Return the hosts that each environment was deployed to, by what was recorded."""
        from tetra_es_projections.queries.hosts import deployed_hosts  # few commands ask

        with self._views() as views:
            return deployed_hosts(views.hosts)

    def merge_texts(
        self, base: str, mine: str, theirs: str, *, prefer: Side | None = None
    ) -> str | None:
        """Return what two changes of a text come to, None where they are in each other's way.

        With `prefer`, one of the two is taken there.
        """
        from tetra_es_projections.mirror.merging import merge_texts  # few commands merge

        return merge_texts(self._git, base, mine, theirs, prefer=prefer)

    def catch_up(self, report: Progress | None = None) -> None:
        """Take in every event that is missing anywhere.

        What has events that the store has not is caught back. Where those may be lost, the views
        alone are, and files and mirror stay. Raises `IntegrityFailure` where nothing tells.
        """
        # Another command may have rebuilt them.
        if self._reading or file_identity(self.layout.views) != self._file:
            self._connection.close()
            self._open()
        with suppress(TetraEsError):  # what is in the way there is said when it is needed
            replacing.discard_unfinished(self.layout.views)
        with self._errors():
            whole = self.log.ending is not Ending.EARLY
            position = progress(self._connection, VIEWS)
            if has_others := check_ahead(self.log, self._connection):
                self._go_back(whole=whole)
                position = 0
            if (position or has_others) and has_purged_text(self.log, position):
                self._build_without_purged(report)
            self._advance(report).to(self.log.last_position(), views_alone=not whole)
        moved, self.files.moved = self.files.moved, []
        for path in moved:
            self._warn(f"moved a file that no event made to {path}", None)

    def _go_back(self, *, whole: bool) -> None:
        if whole:
            self.files.forget_edited()
        go_back(self._connection, whole=whole)

    def rebuild(self, *, force: bool = False, report: Progress | None = None) -> list[str]:
        """Throw everything derived away and build it again from the events.

        Returns the paths of hand-made files that were kept aside. What people committed in the
        mirror is kept there. Raises `Refused` when a generated file was changed by hand and
        `force` is not given, `IntegrityFailure` when the mirror has more than the store: it may
        be the only proof, or copy, of what was lost.
        """
        mirror = self._open_mirror()
        mirror.recover()
        if lost := self.lost_events():
            raise IntegrityFailure(lost, hint=RESTORE_HINT)
        BodiesOf(self.log).check_nothing_lost()
        mirror.position()  # refuses what is not a mirror
        kept = self._set_drift_aside(force=force)
        with self._errors():
            self._build_views(report)
            self._advance(report).to(self.log.last_position(), again=True)
        return kept

    def _build_without_purged(self, report: Progress | None) -> None:
        """Build the views again, of which those that are there have what was purged.

        They go first where new ones cannot be made beside them, as where there is no space for
        both: what was purged does not wait for that.
        """
        known, position = self.files.digests(), progress(self._connection, FILES)
        try:
            self._build_views(report)
        except IntegrityFailure:  # nor could they be made in that place
            raise
        except TetraEsError:
            self._connection.close()
            discard(real(self.layout.views))
            self._open()
        self.files.remember(known, position)  # else what is there would be somebody's

    def _build_views(self, report: Progress | None) -> None:
        """Build the views again from the events; files and mirror begin again after that.

        Others read the ones that are there meanwhile.
        """
        last = self.log.last_position()
        with suppress(sqlite3.Error):  # what cannot be read tells nothing
            self.files.bases.begin(progress(self._connection, FILES))
        new = replacing.build_beside(
            self.layout.views, lambda views: advance_views(views, self.log, last, report)
        )
        self._connection.close()
        replacing.put_in_place(new, self.layout.views)
        self._open()

    def lost_events(self) -> str | None:
        """Return a sentence where mirror or views have events that the store no longer has.

        A store that was cut short, or put back from an older copy, shows in nothing else.
        """
        return lost_events(self.layout, self.log, self._git, self._connection)

    def kept_for_people(self) -> list[str]:
        """Return the branches of the mirror that keep what people committed in it."""
        from tetra_es_projections.mirror.refs import all_refs, found_in

        try:
            return found_in(all_refs(self.layout.mirror))
        except OSError as error:
            raise unusable(self.layout.mirror, error) from error

    def differences(self, report: Progress | None = None) -> Differences:
        """Return what differs from the events, and whether all of them are in what is derived.

        Edits by hand that are not recorded yet do not count: a person is at work on them.
        """
        found = Differences([])
        for _ in range(_ATTEMPTS):
            with Moment(self.layout, self.log) as now:
                if lost := self.lost_events():
                    found = Differences([lost])  # what else differs follows from it
                else:
                    found = differences(self.layout, self.log, self._open_mirror(), now, report)
            self.log.follow()
            if not found.findings or self.log.last_position() == now.last:
                break  # else it may follow from what was recorded meanwhile
        return found

    def check_mirror(self) -> None:
        """Compare the mirror with the events. Raises `IntegrityFailure` where it differs."""
        from tetra_es_projections.mirror.check import differences as differences_of

        content = TreeProjector.at(self.log, 0)
        if found := differences_of(self._open_mirror(), self.log, content=content):
            raise IntegrityFailure(found[0], hint="`tetra-es rebuild` builds it again")

    def _set_drift_aside(self, *, force: bool) -> list[str]:
        drifted = [
            change.path
            for change in self.files.changed()
            if not change.missing and not is_edited(change.path)
        ]
        if drifted and not force:
            raise Refused(
                f"changed by hand: {', '.join(drifted)}",
                hint="--force keeps a copy of them and puts the recorded content in place",
            )
        last = self.log.last_position()
        return [self.files.back_up(path, last) for path in drifted]

    def set_unknown_aside(self) -> list[str]:
        """Move files that no event made to `kept/`; return their new paths.

        Those where only generated files belong.
        """
        found = files_in(self.layout.root)
        unknown = unknown_files(dict.fromkeys(found), self.files.digests())
        return [self.files.back_up(path, self.log.last_position()) for path in unknown]

    def _advance(self, report: Progress | None) -> Advance:
        return Advance(self.log, self._connection, self.files, self._open_mirror, report)

    def _event_of(self, commit: str) -> tuple[int, str] | None:
        from tetra_es_projections.mirror import trailers

        return trailers.event_of(self.layout.mirror, self._git, commit)

    def _open_mirror(self) -> Mirror:
        from tetra_es_projections.mirror.projection import Mirror

        known = Commits(self._connection)
        return Mirror(self.layout.mirror, self._git, known=known, warn=self._warn)

    @property
    def remotes(self) -> Remotes:
        """The copies of the mirror elsewhere."""
        from tetra_es_projections.mirror.remotes import Remotes

        return Remotes(self.layout.mirror, self._git, self._warn)

    def shared_log(self, address: str, mark: str = "") -> GitLog:
        """Return the log that several machines append to, as of `mark`; see `SharedLog.mark`.

        Raises `UsageError` for no address.
        """
        from pathlib import Path

        from tetra_es_projections.mirror import addresses
        from tetra_es_projections.mirror.shared.git_log import GitLog

        url = addresses.address(address, Path.cwd(), self.layout.root)
        mirror = self.layout.mirror
        return GitLog(mirror, self._git, url, self.log, lambda: self._open_mirror().head(), mark)

    def signers(self) -> dict[str, str]:
        """Return name to public key line of those who may record."""
        return TreeProjector.at(self.log, self.log.last_position()).signers

    @property
    def was_shared(self) -> bool:
        """Whether the organization was shared from this folder, wherever that was."""
        from tetra_es_projections.mirror.refs import was_shared

        return was_shared(self.layout.mirror)

    def note_shared(self) -> None:
        """Remember, beside the mirror, that it is; a fetch from a repository does that itself."""
        from tetra_es_projections.mirror.refs import BRANCH, SHARED

        if not self.was_shared:
            self._git.run(self.layout.mirror, "update-ref", SHARED, BRANCH)

    def unshare(self) -> None:
        """Forget that it was."""
        from tetra_es_projections.mirror.refs import SHARED

        self._git.run(self.layout.mirror, "update-ref", "-d", SHARED)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise unusable_views(self.layout.views, error, LATER) from error

    @contextmanager
    def _views(self) -> Iterator[Views]:
        """Open the views for questions, all of one moment."""
        with self._errors(), Views(self.layout.views) as views:
            views.hold()
            yield views
