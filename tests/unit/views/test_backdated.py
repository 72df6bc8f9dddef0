"""Events whose time is before that of an earlier one."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from tetra_es_projections.queries.views import Views
from tetra_es_projections.views.database import open_views

if TYPE_CHECKING:
    from pathlib import Path

TIMES = [
    ("env:dev", "environment.edited", "2026-11-22T10:00:00.000000Z"),
    ("env:dev", "environment.edited", "2026-11-22T09:56:00.000000Z"),  # as clocks may differ
    ("env:dev", "environment.edited", "2026-11-22T09:54:59.000000Z"),
    ("env:dev", "environment.imported", "2020-01-01T00:00:00.000000Z"),
    ("deployments:dev", "deployment.started", "2026-11-22T09:00:00.000000Z"),
    ("env:dev", "environment.edited", "2026-11-22T10:00:01.000000Z"),
    ("env:dev", "environment.edited", "2026-11-21T10:00:01.000000Z"),
]


def test_they_are_found(tmp_path: Path) -> None:
    with closing(open_views(tmp_path / "views.db")) as views:
        views.executemany(
            "INSERT INTO events VALUES (?, ?, 'dev', 1, ?, 'alice', ?, '', x'', '', NULL, NULL)",
            [(position, *row) for position, row in enumerate(TIMES, 1)],
        )
        views.commit()
    with Views(tmp_path / "views.db") as opened:
        found = [(row.event, latest) for row, latest in opened.events.backdated(300)]
    assert found == [(3, TIMES[0][2]), (7, TIMES[5][2])]
