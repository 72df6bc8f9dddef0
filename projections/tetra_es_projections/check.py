"""Compare files, views and mirror with the events, in one pass, without writing any of it."""

from __future__ import annotations

import sqlite3
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.layout import ENVIRONMENTS, SECRETS, is_edited
from tetra_es.store.log import BATCH
from tetra_es_projections.checked_views import ViewsCheck
from tetra_es_projections.losses import false_progress
from tetra_es_projections.mirror.check import CommitIds, compare
from tetra_es_projections.mirror.commit import BODIES
from tetra_es_projections.mirror.format1 import EVENTS
from tetra_es_projections.mirror.objects import commit_ids
from tetra_es_projections.mirror.rendering import render
from tetra_es_projections.tree import ALLOWED_SIGNERS, TreeProjector
from tetra_es_projections.views.database import unusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.layout import OrgLayout
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es_projections.advance import Progress
    from tetra_es_projections.mirror.commit import Commit
    from tetra_es_projections.mirror.projection import Mirror
    from tetra_es_projections.moment import Moment

_IN_THE_MIRROR_ALONE: Final = (f"{EVENTS}/", f"{BODIES}/", ALLOWED_SIGNERS)


def differences(
    layout: OrgLayout, log: Replica, mirror: Mirror, now: Moment, report: Progress | None = None
) -> list[str]:
    """Return how files, views and mirror of a moment differ from the events, a sentence each.

    Edits by hand that are not recorded yet do not count: a person is at work on them. Raises
    `TetraEsError` where there is no git to ask, or an event that makes no commit.
    """
    if now.views and (wrong := _false_progress(now.views)):
        return [f"store/views.db: {wrong}"]
    files, views, ids = _Files(now.files), ViewsCheck(now.views, log), CommitIds()
    batch: list[Record] = []

    def commits() -> Iterator[Commit]:
        content = TreeProjector.at(log, 0)
        for record in log.records(0, now.last):
            commit = render(record, content)
            files.take(commit.files)
            batch.append(record)
            yield commit

    listed: list[tuple[int, str]] = []
    for position, commit in commit_ids(commits()):
        ids.add(position, commit)
        listed.append((position, commit))
        if len(batch) == BATCH or position == now.last:
            views.take(batch, listed)
            batch.clear()
            listed.clear()
            if report:
                report("compare", position, now.last)
    in_mirror = compare(mirror, ids, now.main)
    return [
        *files.findings(),
        *_of_views(layout, now, views, files.digests, mirror_is_sound=not in_mirror),
        *in_mirror,
    ]


def unknown_files(found: Mapping[str, object], known: Mapping[str, object]) -> list[str]:
    """Return which of the files that are there no event made, where only such belong; by path."""
    return sorted(
        path
        for path in found
        if path not in known
        and not is_edited(path)
        and path.startswith((f"{ENVIRONMENTS}/", f"{SECRETS}/"))
    )


class _Files:
    """The files that the events make, compared with those that were there."""

    def __init__(self, actual: Mapping[str, str | TetraEsError]) -> None:
        self._actual = actual
        self._older: set[str] = set()
        """Paths whose content is that of some revision."""
        self.digests: dict[str, str] = {}
        """Path to digest of what the events up to now make."""

    def take(self, files: Mapping[str, bytes | None]) -> None:
        """Take in the files of the next commit."""
        for path, data in files.items():
            if path.startswith(_IN_THE_MIRROR_ALONE):
                continue
            if data is None:
                self.digests.pop(path, None)
                continue
            digest = self.digests[path] = sha256(data).hexdigest()
            if digest == self._actual.get(path):
                self._older.add(path)

    def findings(self) -> Iterator[str]:
        """Yield how the files that were there differ."""
        for path, digest in sorted(self.digests.items()):
            actual = self._actual.get(path)
            if actual == digest:
                continue
            if isinstance(actual, TetraEsError):
                yield actual.message
            elif actual is None:
                yield f"{path}: is missing"
            elif not is_edited(path):
                yield f"{path}: does not match the recorded state"
            elif path in self._older:
                yield f"{path}: is an older revision"
        for path in unknown_files(self._actual, self.digests):
            yield f"{path}: no event made this file"


def _of_views(
    layout: OrgLayout,
    now: Moment,
    views: ViewsCheck,
    digests: Mapping[str, str],
    *,
    mirror_is_sound: bool,
) -> Iterator[str]:
    if now.problem is not None:
        problem = unusable(layout.views, now.problem, "nothing was compared")
        if not isinstance(problem, IntegrityFailure):
            raise problem from now.problem  # the disk, not what is on it, stops SQLite
        yield f"store/views.db: is damaged: {now.problem}"
    elif now.views is None:
        yield "store/views.db: is missing"
    else:
        for what in views.findings(now.last, digests, commits=mirror_is_sound):
            yield f"store/views.db: {what}"


def _false_progress(views: sqlite3.Connection) -> str | None:
    try:
        return false_progress(views)
    except sqlite3.Error:
        return None  # views that cannot be read are found as that
