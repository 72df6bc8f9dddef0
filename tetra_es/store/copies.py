"""Files with events of either edition, read in one way: a store, or a backup of one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk.closing import Closing
from tetra_es.errors import IntegrityFailure, TetraEsError, Unfounded
from tetra_es.log.chain import START, Head
from tetra_es.log.naming import bodies_named
from tetra_es.log.sqlite.opening import FirstEdition
from tetra_es.log.sqlite.reader import SqliteLog
from tetra_es.store.log import EventLog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import TypeAlias

    from tetra_es.log.record import Record

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


def open_stored(path: Path, *, apart: bool = False) -> Stored:
    """Open a file with events. Use as a context manager.

    `apart` is for a file of somebody else, which stays as it is; see `connect_reading`.

    Raises `Unfounded` where there is none, `IntegrityFailure` where it is not as tetra-es keeps it.
    """
    try:
        return SqliteLog(path, apart=apart)
    except FirstEdition:
        return FirstEditionLog(path, apart=apart)


class CopiedEvent(NamedTuple):
    """An event in a copy of a history."""

    record: Record
    bodies: Mapping[bytes, bytes | None]
    """Digest to bytes of those that it names; None, or not there, where the copy has them not."""


class StoredCopy(Closing):
    """A file with events as a copy to restore from. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises `TetraEsError` where it is not a backup."""
        self._path = path
        try:
            with self._damaged():
                self._log = open_stored(path, apart=True)
        except Unfounded as error:
            raise TetraEsError(
                f"{path} is not a backup: it has no events",
                hint="`tetra-es backup FILE` makes one",
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._log.close()

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order."""
        with self._damaged():
            yield from self._log.records(after, upto)

    def body(self, digest: bytes) -> bytes | None:
        """Return a body that an event names, None where there is none or it was purged."""
        return self._log.body(digest)

    def events(self) -> Iterator[CopiedEvent]:
        """Yield all events, each with the bodies that it names."""
        with self._damaged():
            for record in self._log.records():
                names = bodies_named(record)
                yield CopiedEvent(record, {digest: self._log.body(digest) for digest in names})

    @contextmanager
    def _damaged(self) -> Iterator[None]:
        """Say of a damaged copy that another one is needed: of a store it would be this one."""
        try:
            yield
        except IntegrityFailure as error:
            name = str(self._path)
            message = error.message if name in error.message else f"{name}: {error.message}"
            raise IntegrityFailure(message, hint="get another copy") from error
