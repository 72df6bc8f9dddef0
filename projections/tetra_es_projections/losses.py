"""What shows that the store is not what it was: something derived from it has other events.

Where this account admitted all that is in the store, and nothing else, there is nothing to show:
what goes further was made by somebody else, or of events that a person gave up with `trust`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from tetra_es.errors import RESTORE_HINT, IntegrityFailure, TetraEsError
from tetra_es.log.replica import Ending
from tetra_es_projections.views.database import (
    FILES,
    MIRROR,
    REBUILD,
    VIEWS,
    open_views_reading,
    progress,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.git import Git

_REPLACED: Final = "the store was replaced or lost events: run `tetra-es verify`"


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
    if log.ending is Ending.WHOLE:
        return None
    last = log.last_position()
    return next(_further(reached(layout, git, views), last), None)


def check_derived(layout: OrgLayout, git: Git, head: Callable[[], tuple[int, bytes]]) -> None:
    """Raise `IntegrityFailure` where mirror or views have others than the events that end with
    `head`, which is asked for when they have been looked at: others may be recording.
    """
    from tetra_es_projections.mirror.projection import Mirror

    with closing(open_views_reading(layout.views)) as views:
        furthest = reached(layout, git, views)
        named: list[tuple[str, tuple[int, str]]] = []
        with suppress(sqlite3.Error):
            named += [("the views have", one) for one in _newest_event(views)]
        with suppress(TetraEsError):
            named += [
                ("the mirror has", one)
                for one in [Mirror(layout.mirror, git).newest_event()]
                if one
            ]
    position, hash_ = head()
    if lost := next(_further(furthest, position), None):
        raise IntegrityFailure(lost, hint=RESTORE_HINT)
    for what, (at, other) in named:
        if at == position and other != hash_.hex():
            raise IntegrityFailure(f"{what} another event #{at} than the store", hint=RESTORE_HINT)


def check_ahead(log: Replica, views: sqlite3.Connection) -> bool:
    """Return whether the views have events, or know of some, that the store does not have.

    Raises `IntegrityFailure` where that may be since the store lost them, and where they say to go
    further than their own events.
    """
    position, last = progress(views, VIEWS), log.last_position()
    if wrong := false_progress(views):
        raise IntegrityFailure(wrong, hint=REBUILD)
    if _is_level(log, views, position):
        return max(progress(views, FILES), progress(views, MIRROR)) > last
    if log.ending is Ending.UNTOLD:
        raise IntegrityFailure(
            f"the views have an event #{position} that the store does not have", hint=_REPLACED
        )
    return True


def _is_level(log: Replica, views: sqlite3.Connection, position: int) -> bool:
    """Return whether the views' newest event is one of the store's."""
    if not position:
        return True
    stored = log.record(position)
    seen = views.execute("SELECT hash FROM events WHERE position = ?", (position,)).fetchone()
    return stored is not None and seen is not None and seen[0] == stored.hash


def false_progress(views: sqlite3.Connection) -> str | None:
    """Return a sentence where the views say to go further than their events."""
    position, newest = progress(views, VIEWS), _newest(views)
    if position <= newest:
        return None
    return f"the views say that they go to #{position}, and end at #{newest}"


def _further(furthest: dict[str, int], last: int) -> Iterator[str]:
    for what, position in furthest.items():
        if position > last:
            yield f"event #{last + 1} is lost: {what} to #{position}, the store ends at #{last}"


def _newest(views: sqlite3.Connection) -> int:
    """Return the newest event that the views have, 0 for none."""
    row = views.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    return int(row[0])


def _newest_event(views: sqlite3.Connection) -> list[tuple[int, str]]:
    """Return position and hash of the newest event that the views have, as a list of one."""
    return views.execute(
        "SELECT position, lower(hex(hash)) FROM events ORDER BY position DESC LIMIT 1"
    ).fetchall()
