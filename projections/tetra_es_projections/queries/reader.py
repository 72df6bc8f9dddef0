"""An organization opened for looking at it. Uses sqlite3 alone: quick answers start with it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tetra_es.store.replica import open_replica
from tetra_es_projections.queries.views import Views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.admission import Admission
    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica


class Reader:
    """What queries work with: the events, and views in step with them."""

    def __init__(self, layout: OrgLayout, log: Replica, views: Views, admission: Admission) -> None:
        self.layout = layout
        self.admission = admission
        self.log = log
        self.views = views


@contextmanager
def reading(layout: OrgLayout, admission: Admission) -> Iterator[Reader | None]:
    """Open an organization for looking at it; None where its views do not have all events yet.

    Raises `TetraEsError` where there is no store, or where it or the views fail.
    """
    with open_replica(layout.store, admission) as log:
        log.require_events()
        try:
            views = _views_in_step(layout, log)
            if views is None:
                yield None
                return
            with views:
                yield Reader(layout, log, views, admission)
        except sqlite3.Error as error:
            from tetra_es_projections.views.database import unusable

            raise unusable(layout.views, error) from error


def _views_in_step(layout: OrgLayout, log: Replica) -> Views | None:
    """Return the views, None for those that are behind, and for a file that is not views."""
    if not layout.views.exists():
        return None
    try:
        views = Views(layout.views)
    except sqlite3.DatabaseError:
        return None
    try:
        views.hold()  # else others could take their place while they are read
        if views.reached() == log.last_position() or _are_in_step_alone(views, log):
            return views
    except sqlite3.DatabaseError:
        pass  # catching up builds them again
    views.close()
    return None


def _are_in_step_alone(views: Views, log: Replica) -> bool:
    """Take in what others recorded meanwhile; return whether the views have all of it.

    Files and mirror stay as they are where they may be all there is of events that are lost.
    """
    from tetra_es.log.replica import Ending  # quick answers seldom come here

    log.follow()
    return views.reached(alone=log.ending is Ending.EARLY) == log.last_position()
