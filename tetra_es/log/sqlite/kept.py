"""Connections that stay open between two questions, for a process that answers many of them.

Most of a short answer's time would else go into opening files and reading their schema. Each is
used by one thread at a time, and closed soon after the last question: who writes then is the last
one again to close the file, and a file that was replaced does not stay on the disk.
"""

from __future__ import annotations

import sqlite3
from threading import Lock, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final
from weakref import finalize

from tetra_es.log.sqlite.connecting import connect_reading, reading_alone
from tetra_es.log.sqlite.limited import LimitedConnection, limit_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

IDLE: Final = 1.0
"""Seconds that a connection stays open which nobody uses."""
OLDEST: Final = 10.0
"""Seconds that one stays open at the most."""
_BESIDE: Final = ("-wal", "-shm")


class KeptConnection(LimitedConnection):
    """A connection that remembers what it was opened to."""

    since = 0.0
    given = 0.0
    """When it was opened, and when it was used last."""
    paths: Sequence[Path] = ()
    files: Sequence[tuple[int, ...] | None] = ()
    """The file and those that SQLite has beside it, and what told them from others."""
    known: tuple[int, ...] | None = None
    """Of a schema that was found to be ours: see `statements.is_known`."""


class KeptConnections:
    """The open connections that nobody uses now. Threads may share it."""

    def __init__(self, most: int = 8, idle: float = IDLE) -> None:
        self._most = most
        self._idle = idle
        self._lock = Lock()
        self._free: list[KeptConnection] = []
        self._sweeping = False
        finalize(self, _close_all, self._free)

    def take(self, path: Path) -> sqlite3.Connection:
        """Return a connection that reads a file, as `connect_reading` does. Raises `sqlite3.Error`.

        One that was open before is still to the file at that path, which nobody but SQLite changed.
        """
        while connection := self._free_one(path):
            young = monotonic() - connection.since < OLDEST
            if young and connection.files == _files(connection.paths):
                return connection
            connection.close()
        paths = [path, *(path.with_name(path.name + end) for end in _BESIDE)]
        before = _files(paths)[:1]
        try:
            connection = reading_alone(path, KeptConnection)
        except sqlite3.OperationalError:
            # Such as one that has to be copied: not kept.
            return connect_reading(path, kind=LimitedConnection)
        connection.since, connection.paths = monotonic(), paths
        connection.files = [*before, *_files(paths)[1:]]
        return connection

    def give(self, connection: sqlite3.Connection) -> None:
        """Take a connection back that nobody uses any more."""
        if not (isinstance(connection, KeptConnection) and _is_idle(connection)):
            connection.close()
            return
        connection.given = monotonic()
        with self._lock:
            if len(self._free) < self._most:
                self._free.append(connection)
                if not self._sweeping:
                    self._sweeping = True
                    Thread(target=self._sweep, name="kept connections", daemon=True).start()
                return
        connection.close()

    def close(self) -> None:
        """Close those that nobody uses."""
        with self._lock:
            _close_all(self._free)

    def _free_one(self, path: Path) -> KeptConnection | None:
        with self._lock:
            for number in reversed(range(len(self._free))):  # the last one is used most
                if self._free[number].paths[0] == path:
                    return self._free.pop(number)
        return None

    def _sweep(self) -> None:
        """Close connections that were not used for a while, until there are none."""
        while True:
            sleep(self._idle / 2)
            with self._lock:
                now = monotonic()
                old = [one for one in self._free if now - one.given >= self._idle]
                self._free[:] = [one for one in self._free if one not in old]
                _close_all(old)
                if not self._free:
                    self._sweeping = False
                    return


def _files(paths: Sequence[Path]) -> list[tuple[int, ...] | None]:
    """Return what tells a file and those beside it from others in their places.

    SQLite writes to the ones beside it, and seldom to the file itself: it is then opened again.
    """
    found: list[tuple[int, ...] | None] = []
    for path in paths:
        try:
            state = path.stat()
        except OSError:
            found.append(None)
            continue
        told = (state.st_dev, state.st_ino)
        found.append(told if found else (*told, state.st_size, state.st_mtime_ns))
    return found


def _is_idle(connection: sqlite3.Connection) -> bool:
    """End what was begun; return whether nothing is left of it.

    A query that was not read to its end keeps its moment, and all that is read next would be of it.
    """
    try:
        limit_time(connection, None)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.interrupt()  # ends what is read next, while anything is being read
        connection.execute("SELECT 1").fetchone()
    except sqlite3.Error:
        return False
    return True


def _close_all(connections: list[KeptConnection]) -> None:
    while connections:
        connections.pop().close()
