"""Connections that write, for the event-sourcing library: their commits survive a power cut."""

from __future__ import annotations

import sqlite3
from typing import Any, ClassVar, Final

from eventsourcing.persistence import InterfaceError
from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool, SQLiteFactory

from tetra_es.log.sqlite.connecting import closed_on_failure

LOCK_TIMEOUT: Final = 30
"""Seconds that SQLite waits for another writer."""

PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    # What SQLite moves to another page is overwritten where it was, if that page is written anyway:
    # else a body could be left there that a purge does not find.
    "PRAGMA secure_delete = FAST",
)


class DurablePool(SQLiteConnectionPool):
    """Connections with our pragmas."""

    pragmas: ClassVar[tuple[str, ...]] = PRAGMAS

    def _create_connection(self) -> SQLiteConnection:
        # Not the library's own: that one keeps a single prepared statement, and compiling the
        # others again for each event, triggers included, takes longer than running them.
        try:
            connection = sqlite3.connect(
                self.db_name,
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                timeout=self.lock_timeout or LOCK_TIMEOUT,
            )
        except sqlite3.Error as error:
            raise InterfaceError(error) from error
        with closed_on_failure(connection):
            for pragma in self.pragmas:
                connection.execute(pragma)
        connection.row_factory = sqlite3.Row
        return SQLiteConnection(sqlite_conn=connection, max_age=self.max_age)


class DurableFactory(SQLiteFactory):
    """The library's SQLite infrastructure with our connections."""

    pool_class: ClassVar[type[DurablePool]] = DurablePool

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        pool = self.datastore.pool
        pool.close()
        self.datastore.pool = self.pool_class(db_name=pool.db_name, lock_timeout=LOCK_TIMEOUT)
