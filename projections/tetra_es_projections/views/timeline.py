"""The effective times of events, in the order in which they are taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.integrity.signers import terms
from tetra_es.log import canonical
from tetra_es.log.counting import Counted, Reached, count

if TYPE_CHECKING:
    import sqlite3

    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica


class Counting:
    """Counts the events of a log, one after the other."""

    def __init__(self, log: Replica, reached: Reached = Reached()) -> None:  # noqa: B008, a tuple
        self._log = log
        self.reached = reached
        """What the times of the next events rise from."""

    def take(self, record: Record) -> Counted:
        """Return how the next event counts."""
        position = record.position
        counted = count(
            self.reached,
            position,
            record.topic,
            canonical.decode(record.state),
            void=self._log.void(position) is not None,
            may_correct=lambda name: self._may_correct(name, position),
        )
        self.reached = counted.reached
        return counted

    def _may_correct(self, name: str, position: int) -> bool:
        before = terms(self._log, position - 1)
        return any(one.signer == name and one.until is None and one.may is None for one in before)


class Timeline(Counting):
    """Counts on from where the views are."""

    def __init__(self, connection: sqlite3.Connection, log: Replica) -> None:
        row = connection.execute(
            "SELECT time, position, era, command, founding FROM reached"
        ).fetchone()
        time, by, since, command, founding = row or Reached()
        super().__init__(log, Reached(time, by, since, command, bool(founding)))
        self._connection = connection

    def keep(self) -> None:
        """Keep in the views where it is."""
        self._connection.execute("DELETE FROM reached")
        self._connection.execute("INSERT INTO reached VALUES (?, ?, ?, ?, ?)", self.reached)
