"""Whether views can go on from where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.events.secrets import BodiesPurged
from tetra_es_projections.views.database import VIEWS, progress

if TYPE_CHECKING:
    import sqlite3

    from tetra_es.log.replica import Replica


def has_purged_text(log: Replica, views: sqlite3.Connection) -> bool:
    """Return whether views have something of a text that was purged since.

    They are built again then: nothing of it is left in the pages of a file that is gone.
    """
    position, last = progress(views, VIEWS), log.last_position()
    if position in (0, last):
        return False
    return log.has_topic(BodiesPurged.TOPIC, position, last) and any(
        log.void(record.position) is None
        for record in log.of_topics((BodiesPurged.TOPIC,), last)
        if record.position > position
    )
