"""Whether views can go on from where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.events.secrets import BodiesPurged

if TYPE_CHECKING:
    from tetra_es.log.replica import Replica


def has_purged_text(log: Replica, position: int) -> bool:
    """Return whether views that go to a position may have a text that was purged since.

    They are built again then: nothing of it is left in the pages of a file that is gone.
    """
    last = log.last_position()
    if position == last:
        return False
    return log.has_topic(BodiesPurged.TOPIC, position, last) and any(
        log.void(record.position) is None
        for record in log.of_topics((BodiesPurged.TOPIC,), last)
        if record.position > position
    )
