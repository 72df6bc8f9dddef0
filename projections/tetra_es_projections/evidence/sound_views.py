"""The views, compared with the events before something is made of them that others take home."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure
from tetra_es.store.log import BATCH
from tetra_es_projections.checked_views import ViewsCheck
from tetra_es_projections.mirror.objects import commit_ids
from tetra_es_projections.mirror.rendering import render
from tetra_es_projections.tree import TreeProjector
from tetra_es_projections.views.database import MIRROR, REBUILD, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.log.record import Record
    from tetra_es_projections.advance import Progress
    from tetra_es_projections.mirror.commit import Commit
    from tetra_es_projections.queries.reader import Reader


def require_sound_views(reader: Reader, report: Progress | None = None) -> None:
    """Compare all that the views say of events and commits with what the events make.

    `reader` must be of one moment. Raises `IntegrityFailure` where something differs.
    """
    last, mirrored = reader.log.last_position(), progress(reader.views.connection, MIRROR)
    batch: list[Record] = []

    def commits() -> Iterator[Commit]:
        content = TreeProjector.at(reader.log, 0)
        for record in reader.log.records(0, last):
            batch.append(record)
            yield render(record, content)

    listed: list[tuple[int, str]] = []
    with closing(ViewsCheck(reader.views.connection, reader.log)) as views:
        for position, commit in commit_ids(commits()):
            if position <= mirrored:
                listed.append((position, commit))
            if len(batch) == BATCH or position == last:
                views.take(batch, listed)
                batch.clear()
                listed.clear()
                if report:
                    report("compare", position, last)
        for problem in views.findings(last, None, commits=True):
            raise IntegrityFailure(f"store/views.db: {problem}", hint=REBUILD)
