"""An organization opened for looking at it. Uses sqlite3 alone: quick answers start with it."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tetra_es.admission import Admission
from tetra_es.layout import OrgLayout
from tetra_es.log.replica import Replica
from tetra_es.store.replica import open_replica
from tetra_es_projections.queries.views import Views


class Reader(NamedTuple):
    """What queries work with: the events, and views in step with them."""

    layout: OrgLayout
    log: Replica
    views: Views


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
                yield Reader(layout, log, views)
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
        if views.reached() != log.last_position():
            log.follow()
        if views.reached() == log.last_position():
            return views
    except sqlite3.DatabaseError:
        pass  # catching up builds them again
    views.close()
    return None
