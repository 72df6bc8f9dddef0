"""Compare files, views and mirror with the events, in one pass, without writing any of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

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
from tetra_es_projections.views.database import FILES, MIRROR, VIEWS, progress, unusable

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


class Differences(NamedTuple):
    """How files, views and mirror stand to the events."""

    findings: list[str]
    """In what they differ from what the events up to their own position make, a sentence each."""
    behind: int | None = None
    """The newest event that all of them have; None where that is the last, and with findings."""


class _Reached(NamedTuple):
    """The positions that views, files and mirror say to be at."""

    views: int
    files: int
    mirror: int


def differences(
    layout: OrgLayout, log: Replica, mirror: Mirror, now: Moment, report: Progress | None = None
) -> Differences:
    """Return how files, views and mirror of a moment differ from the events.

    Edits by hand that are not recorded yet do not count: a person is at work on them. Raises
    `TetraEsError` where there is no git to ask, or an event that makes no commit.
    """
    if now.views and (wrong := _false_progress(now.views)):
        return Differences([f"store/views.db: {wrong}"])
    with closing(ViewsCheck(now.views, log)) as views:
        return _differences(layout, log, mirror, now, views, report)


def _differences(
    layout: OrgLayout,
    log: Replica,
    mirror: Mirror,
    now: Moment,
    views: ViewsCheck,
    report: Progress | None,
) -> Differences:
    reached = _reached(now)
    files, ids = _Files(now.files, reached.files), CommitIds()
    batch: list[Record] = []

    def commits() -> Iterator[Commit]:
        content = TreeProjector.at(log, 0)
        for record in log.records(0, now.last):
            commit = render(record, content)
            files.take(record.position, commit.files)
            batch.append(record)
            yield commit

    listed: list[tuple[int, str]] = []
    for position, commit in commit_ids(commits()):
        ids.add(position, commit)
        listed.append((position, commit))
        if len(batch) == BATCH or position in (reached.views, now.last):
            if position <= reached.views:
                views.take(batch, [one for one in listed if one[0] <= reached.mirror])
            batch.clear()
            listed.clear()
            if report:
                report("compare", position, now.last)
    ids.end_with(now.main, reached.mirror)
    in_mirror = compare(mirror, ids, now.main)
    of_views = _of_views(
        layout, now, views, reached, files.at_least(), mirror_is_sound=not in_mirror
    )
    findings = [*files.findings(), *of_views, *in_mirror]
    level = bool(findings) or min(reached) == now.last
    return Differences(findings, None if level else min(reached))


def _reached(now: Moment) -> _Reached:
    if now.views is not None:
        try:
            each = (progress(now.views, one) for one in (VIEWS, FILES, MIRROR))
            return _Reached(*(min(position, now.last) for position in each))
        except sqlite3.Error:
            pass  # views that cannot be read are found as that
    return _Reached(now.last, now.last, now.last)


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

    def __init__(self, actual: Mapping[str, str | TetraEsError], upto: int) -> None:
        """Begin before the first event; files may lack those after `upto`, each by itself."""
        self._actual = actual
        self._upto = upto
        self._older: set[str] = set()
        """Paths whose content is that of some revision."""
        self.digests: dict[str, str] = {}
        """Path to digest of what the events up to now make."""
        self._before: dict[str, list[str | None]] = {}
        """Path to digests of what the later events replaced, None for no file."""

    def take(self, position: int, files: Mapping[str, bytes | None]) -> None:
        """Take in the files of the next commit."""
        for path, data in files.items():
            if path.startswith(_IN_THE_MIRROR_ALONE):
                continue
            if position > self._upto:
                self._before.setdefault(path, []).append(self.digests.get(path))
            if data is None:
                self.digests.pop(path, None)
                continue
            digest = self.digests[path] = sha256(data).hexdigest()
            if digest == self._actual.get(path):
                self._older.add(path)

    def at_least(self) -> dict[str, str]:
        """Return path to digest of what the events make that the files have at least."""
        found = self.digests | {path: digests[0] for path, digests in self._before.items()}
        return {path: digest for path, digest in found.items() if digest is not None}

    def findings(self) -> Iterator[str]:
        """Yield how the files that were there differ."""
        behind = [path for path, old in self._before.items() if self._actual.get(path) in old]
        for path, digest in sorted(self.digests.items()):
            actual = self._actual.get(path)
            if actual == digest or path in behind:
                continue
            if isinstance(actual, TetraEsError):
                yield actual.message
            elif actual is None:
                yield f"{path}: is missing"
            elif not is_edited(path):
                yield f"{path}: does not match the recorded state"
            elif path in self._older:
                yield f"{path}: is an older revision"
        for path in unknown_files(self._actual, self.digests | dict.fromkeys(behind, "")):
            yield f"{path}: no event made this file"


def _of_views(
    layout: OrgLayout,
    now: Moment,
    views: ViewsCheck,
    reached: _Reached,
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
        for what in views.findings(reached.views, digests, commits=mirror_is_sound):
            yield f"store/views.db: {what}"


def _false_progress(views: sqlite3.Connection) -> str | None:
    try:
        return false_progress(views)
    except sqlite3.Error:
        return None  # views that cannot be read are found as that
