"""Files with events of either edition, read in one way: a store, or a backup of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.log.chain import START, Head
from tetra_es.log.sqlite.opening import FirstEdition
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.store.log import EventLog

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TypeAlias

    Stored: TypeAlias = "FirstEditionLog | SqliteLog"


class FirstEditionLog(EventLog):
    """A store of the first edition, to be asked as newer ones are; see `log.port`."""

    def head(self) -> Head:
        """Return the newest event's position and hash, `START` where there is none."""
        record = self.record(self.last_position())
        return record.head if record else START

    def holds(self, at: Head) -> bool:
        """Return whether the event with this hash is at this position."""
        record = self.record(at.position)
        return at == START or (record is not None and record.hash == at.hash)


def open_stored(path: Path) -> Stored:
    """Open a file with events. Use as a context manager.

    Raises `Unfounded` where there is none, `IntegrityFailure` where it is not as tetra-es keeps it.
    """
    try:
        return SqliteLog(path)
    except FirstEdition:
        return FirstEditionLog(path)
