"""Opening what is derived from an organization's events."""

from __future__ import annotations

import shlex
import shutil
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.disk.lock import exclusive
from tetra_es.errors import Refused, TetraEsError
from tetra_es.layout import OrgLayout
from tetra_es.store.copies import StoredCopy
from tetra_es.store.purging import finish_purges
from tetra_es.store.replica import open_replica
from tetra_es.text import one_line
from tetra_es_projections.engine import Projections
from tetra_es_projections.losses import check_derived
from tetra_es_projections.mirror.addresses import without_account
from tetra_es_projections.mirror.git import Git
from tetra_es_projections.unfounded import lost_events, unfounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tetra_es.admission import Admission
    from tetra_es.log.replica import Replica
    from tetra_es_projections.advance import Progress
    from tetra_es_projections.mirror.clone import Clone
    from tetra_es_projections.mirror.failures import Warn


class Derived:
    """Opens projections; `path` is where git is looked for, `warn` is told what was repaired."""

    def __init__(self, path: str, warn: Warn, admission: Admission) -> None:
        self.admission = admission
        self.git = Git(path=path)
        self._warn = warn

    def __call__(self, layout: OrgLayout, log: Replica) -> Projections:
        """Return the projections of a log, for a caller who takes the lock to have them catch up.

        Views that were made before that would be in the way of who makes them with the lock.
        """
        return Projections(layout, log, self.git, reading=True, warn=self._warn)

    def unfounded(self, layout: OrgLayout) -> TetraEsError:
        """Return the error for people about a store that has no events."""
        return unfounded(layout, self.git)

    def check_git(self) -> None:
        """Raise `TetraEsError` where there is no git: the mirror could not be written."""
        if shutil.which("git", path=self.git.path) is None:
            raise TetraEsError(
                "git is not installed", hint="install git; the mirror is a git repository"
            )

    def check_derived(self, folder: Path, head: Callable[[], tuple[int, bytes]]) -> None:
        """Raise `TetraEsError` where something derived in a folder has others than its events.

        They end with `head`.
        """
        check_derived(OrgLayout(folder), self.git, head)

    def check_free(self, layout: OrgLayout) -> None:
        """Raise `TetraEsError` where views or mirror are there without events.

        Or where something else is in the mirror's place.
        """
        from tetra_es_projections.mirror.projection import Mirror

        if lost := lost_events(layout, self.git):
            raise lost
        try:
            Mirror(layout.mirror, self.git).head()
        except TetraEsError as error:
            old = f"{layout.root}.old"
            move = shlex.join(("mv", str(layout.root), old))
            take = shlex.join(("tetra-es", "import", old, "--as", layout.root.name))
            raise Refused(
                f"{layout.mirror} is in the way of the mirror",
                hint=f"for an organization of an older system: `{move}`, then `{take}`",
            ) from error

    def check_not_ahead(self, layout: OrgLayout, position: int) -> None:
        """Raise `Refused` where the mirror has events after a position, or cannot be one."""
        from tetra_es_projections.mirror.projection import Mirror

        newest = Mirror(layout.mirror, self.git).last_event()
        if newest > position:
            again = shlex.join(("--from", str(layout.mirror), layout.root.name))
            raise Refused(
                f"{layout.mirror} goes to #{newest}, the copy only to #{position}",
                hint=f"`tetra-es restore {again}` restores all of it",
            )

    def on(self, admission: Admission) -> Derived:
        """Return the same for what is admitted elsewhere."""
        return Derived(self.git.path, self._warn, admission)

    def keep_line(self, layout: OrgLayout, position: int, ref: str) -> None:
        """Keep the mirror's commits under a ref, and set `main` back to an event's commit.

        Raises `TetraEsError`.
        """
        from tetra_es_projections.mirror.projection import Mirror

        Mirror(layout.mirror, self.git).keep_line(position, ref)

    @contextmanager
    def of_store(self, layout: OrgLayout) -> Iterator[Projections]:
        """Open the projections of the store that is there; the caller holds the lock."""
        with (
            open_replica(layout.store, self.admission) as log,
            self(layout, log) as projections,
        ):
            yield projections

    @contextmanager
    def copy_at(self, place: str) -> Iterator[StoredCopy | Clone]:
        """Open a copy of a history, to read it.

        It is a backup, the folder of an organization, a clone of the mirror, or the address of one.
        Raises `TetraEsError` where there is none.
        """
        path = _path_of(place)
        store = OrgLayout(path).store
        if path.is_file() or store.is_file():
            with StoredCopy(path if path.is_file() else store) as backup:
                yield backup
        elif path.is_dir():
            yield clone_at(path, self.git)
        elif ":" not in place and _is_missing(path):
            raise TetraEsError(
                f"{one_line(place)} is not there",
                hint="name a backup, the folder of a copy, or the address of one; verify takes a "
                "checkpoint, too",
            )
        else:
            from tetra_es_projections.mirror.cloning import cloned

            with cloned(place) as root:
                yield clone_at(root, self.git, shown(place))

    @contextmanager
    def shared_copy(self, url: str) -> Iterator[tuple[str, Clone]]:
        """Open a copy of what is shared at an address; yield that, as git shall have it, too.

        Raises `TetraEsError` where there is none.
        """
        from tetra_es_projections.mirror.addresses import address
        from tetra_es_projections.mirror.cloning import cloned

        where = address(url, Path.cwd(), None)
        with cloned(where) as root:
            yield where, clone_at(root, self.git, shown(where))

    @contextmanager
    def opened(
        self, layout: OrgLayout, *, reading: bool = False, proving: bool = False
    ) -> Iterator[Projections]:
        """Open the projections alone, locked, as they are.

        With `reading`, only to look at; then others may record meanwhile. With `proving`, all
        events are going to be admitted from the start.
        """
        with (
            open_replica(layout.store, self.admission._replace(proving=proving)) as log,
            nullcontext() if reading else exclusive(layout.lock),
            Projections(layout, log, self.git, reading=reading, warn=self._warn) as projections,
        ):
            log.follow()  # others may have recorded before the lock was ours
            log.require_events()
            if not reading:
                finish_purges(log)
            yield projections

    def catch_up(self, layout: OrgLayout, report: Progress | None) -> None:
        """Take in every event that is missing anywhere."""
        with self.opened(layout) as projections:
            projections.catch_up(report)


def shown(place: str) -> str:
    """Return a place as it may be printed: an address without names, tokens and the like."""
    return one_line(without_account(place))


def _path_of(place: str) -> Path:
    """Return the path that a place is. A repository here is read as a folder, not asked by git."""
    local = place.removeprefix("file://")
    return Path(local if Path(local).is_dir() else place)


def _is_missing(path: Path) -> bool:
    """Return whether there is nothing: of what may not be looked at, git says why."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def clone_at(root: Path, git: Git, place: str = "") -> Clone:
    """Return a clone of a mirror, from an address if given. Raises `TetraEsError` for none."""
    from tetra_es_projections.mirror.clone import Clone

    return Clone(root, git, place=place)
