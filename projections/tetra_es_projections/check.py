"""Compare files, views and mirror with the recorded state, without writing any of it."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.layout import is_edited
from tetra_es_projections.tree import ALLOWED_SIGNERS, TreeProjector
from tetra_es_projections.views.database import MIRROR, open_views, progress, unusable
from tetra_es_projections.views.projection import apply_to_views
from tetra_es_projections.views.schema import VERSION, foreign_part
from tetra_es_projections.working_files import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica
    from tetra_es_projections.advance import Progress
    from tetra_es_projections.mirror.projection import Mirror

_TABLES = ("events", "states", "changes", "targets")


def stored_differences(
    layout: OrgLayout, log: Replica, report: Progress | None = None
) -> Iterator[str]:
    """Yield how the files and the views differ from the events, a sentence each.

    Edits by hand that are not recorded yet do not count: a person is at work on them.
    """
    yield from _files(layout, log)
    with tempfile.TemporaryDirectory(prefix="tetra-es-check-") as folder:
        yield from _views(layout, log, Path(folder), report)


def _files(layout: OrgLayout, log: Replica) -> Iterator[str]:
    content = TreeProjector.at(log, 0)
    expected: dict[str, str] = {}
    past: dict[str, set[str]] = {}
    for record in log.records():
        for path, data in content.apply_record(record).items():
            if data is None:
                expected.pop(path, None)
                continue
            expected[path] = sha256(data).hexdigest()
            past.setdefault(path, set()).add(expected[path])
    expected.pop(ALLOWED_SIGNERS, None)
    for path, digest in sorted(expected.items()):
        try:
            actual = digest_of(layout.root, path)
        except TetraEsError as error:
            yield error.message
            continue
        if actual == digest:
            continue
        if actual is None:
            yield f"{path}: is missing"
        elif not is_edited(path):
            yield f"{path}: does not match the recorded state"
        elif actual in past[path]:
            yield f"{path}: is an older revision"


def _views(
    layout: OrgLayout,
    log: Replica,
    folder: Path,
    report: Progress | None,
) -> Iterator[str]:
    if not layout.views.exists():
        yield "store/views.db: is missing"
        return
    fresh = folder / "views.db"
    last = log.last_position()
    with closing(open_views(fresh)) as connection:
        with _usable(fresh):
            apply_to_views(connection, log, log.records())
        if report:
            report("views", last, last)
        with _usable(layout.views):
            connection.execute("ATTACH ? AS present", (str(layout.views),))
        try:
            if 0 < connection.execute("PRAGMA present.user_version").fetchone()[0] < VERSION:
                return  # of an older tetra-es: nothing reads them, the next command replaces them
            if problem := foreign_part(connection, "present") or _damage(connection):
                yield f"store/views.db: {problem}"
                return
            for table in _TABLES:
                where = _first_difference(connection, table)
                if where is not None:
                    yield f"store/views.db: {table} differ from the events, first at #{where}"
        except sqlite3.Error as error:
            yield f"store/views.db: cannot be read: {error}"


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Raise `TetraEsError` where the disk, not what is on it, stops SQLite."""
    try:
        yield
    except sqlite3.Error as error:
        raise unusable(path, error, "nothing was compared") from error


def _damage(connection: sqlite3.Connection) -> str | None:
    """Return what SQLite finds wrong with the present views, such as an index without its rows."""
    found = connection.execute("PRAGMA present.integrity_check(1)").fetchone()[0]
    return None if found == "ok" else f"is damaged: {found}"


def _first_difference(connection: sqlite3.Connection, table: str) -> int | None:
    """Return the lowest position at which a table of the two databases differs."""
    one_way = "SELECT min(position) FROM (SELECT * FROM {0} EXCEPT SELECT * FROM {1})"
    pairs = ((f"main.{table}", f"present.{table}"), (f"present.{table}", f"main.{table}"))
    found = [connection.execute(one_way.format(*pair)).fetchone()[0] for pair in pairs]
    return min((position for position in found if position is not None), default=None)


def mirror_differences(
    mirror: Mirror, log: Replica, views: sqlite3.Connection, report: Progress | None
) -> list[str]:
    """Return how the mirror differs from the events, and the views' list of commits from it."""
    from tetra_es_projections.mirror.check import differences

    last = log.last_position()

    def step(done: int) -> None:
        if report:
            report("mirror", done, last)

    found = differences(mirror, log, step, TreeProjector.at(log, 0))
    return found or _listed_commits(mirror, views)


def _listed_commits(mirror: Mirror, views: sqlite3.Connection) -> list[str]:
    """Return how the views' list of commits differs from those of a sound mirror."""
    try:
        if progress(views, MIRROR) == 0:
            return []
        listed = dict(views.execute("SELECT position, id FROM commits").fetchall())
    except sqlite3.Error as error:
        return [f"store/views.db: cannot be read: {error}"]
    actual = dict(mirror.commits())
    wrong = min((position for position, _ in listed.items() ^ actual.items()), default=None)
    if wrong is None:
        return []
    return [f"store/views.db: commits differ from the mirror, first at #{wrong}"]
