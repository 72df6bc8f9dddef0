"""What shows that the store has lost events: something derived from them goes further."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es_projections.views.database import REBUILD, VIEWS, progress

if TYPE_CHECKING:
    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.git import Git


def reached(layout: OrgLayout, git: Git, views: sqlite3.Connection) -> dict[str, int]:
    """Return the position of the newest event that mirror and views have, 0 for none.

    The keys begin a sentence that the position ends.
    """
    from tetra_es_projections.mirror.projection import Mirror

    found = {}
    with suppress(TetraEsError):  # what is damaged tells nothing, and is found as that
        found["the mirror goes"] = Mirror(layout.mirror, git).last_event()
    with suppress(sqlite3.Error):
        found["the views go"] = min(progress(views, VIEWS), _newest(views))
    return found


def lost_events(layout: OrgLayout, log: Replica, git: Git, views: sqlite3.Connection) -> str | None:
    """Return a sentence where mirror or views have events that the store no longer has."""
    last = log.last_position()
    for what, position in reached(layout, git, views).items():
        if position > last:
            return f"event #{last + 1} is lost: {what} to #{position}, the store ends at #{last}"
    return None


def check_not_ahead(log: Replica, views: sqlite3.Connection) -> None:
    """Raise `IntegrityFailure` where the views' newest event is none of the store's."""
    position = progress(views, VIEWS)
    if not position:
        return
    stored = log.record(position)
    if wrong := false_progress(views):
        raise IntegrityFailure(wrong, hint=REBUILD)
    seen = views.execute("SELECT hash FROM events WHERE position = ?", (position,)).fetchone()
    if stored is None or seen is None or seen[0] != stored.hash.hex():
        raise IntegrityFailure(
            f"the views have an event #{position} that the store does not have",
            hint="the store was replaced or lost events: run `tetra-es verify`",
        )


def false_progress(views: sqlite3.Connection) -> str | None:
    """Return a sentence where the views say to go further than their events."""
    position, newest = progress(views, VIEWS), _newest(views)
    if position <= newest:
        return None
    return f"the views say that they go to #{position}, and end at #{newest}"


def _newest(views: sqlite3.Connection) -> int:
    """Return the newest event that the views have, 0 for none."""
    row = views.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    return int(row[0])
