"""Appending to the log in an SQLite file, and purging."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from eventsourcing.persistence import IntegrityError, PersistenceError, StoredEvent

from tetra_es.disk.atomic import sync, sync_folder
from tetra_es.errors import TetraEsError
from tetra_es.log import bodies as packing
from tetra_es.log import purges
from tetra_es.log.fitness import check_body, check_records
from tetra_es.log.port import HeadMoved, Unfit, Unknown
from tetra_es.log.sqlite import wal
from tetra_es.log.sqlite.application import LogApplication
from tetra_es.log.sqlite.connecting import closed_on_failure, unreadable
from tetra_es.log.sqlite.pool import LOCK_TIMEOUT
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record

_IN_DOUBT: Final = ("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC")
"""Errors of a commit whose pages may be on the disk, whole, and may not."""

_PURGE_AGAIN: Final = "what was to be destroyed may still be there; the next command destroys it"

_TOMBSTONE: Final = """
INSERT INTO bodies SELECT (SELECT coalesce(max(number), 0) + 1 FROM bodies), ?, NULL
WHERE NOT EXISTS (SELECT 1 FROM bodies WHERE digest = ?)
"""
"""A body that is purged before it came must not come later."""

_NAMES: Final = f"SELECT state FROM events WHERE topic IN ({','.join('?' * len(purges.TOPICS))})"


class AppendableSqliteLog(SqliteLog):
    """The log in an SQLite file; see `port.AppendableLog`."""

    current = True

    purged: Container[bytes] = ()
    """Bodies that aggregates are loaded without, since valid events purged them."""

    @cached_property
    def application(self) -> LogApplication:
        """The event-sourcing library's application, which loads aggregates."""
        application = LogApplication(self.path, body=self.body, purged=lambda: self.purged)
        application.log_recorder.of_stream = self.of_stream
        return application

    def close(self) -> None:
        """Let go of the file."""
        application = self.__dict__.pop("application", None)
        if application is not None:
            application.close()
        super().close()

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        """Append all the records and bodies, or none; durable on return. See the port."""
        check_records(after, records)
        kept = [_kept(body) for body in bodies]
        rows = [StoredEvent(each.stream, each.version, each.topic, each.state) for each in records]
        try:
            with self._errors():
                recorder = self.application.log_recorder
                recorder.insert_events(rows, records=records, bodies=kept)
        except IntegrityError as error:
            raise self._conflict(after) from error
        except _InDoubt as error:
            self._settle(records[-1], error)

    def purge(self, digests: Collection[bytes]) -> bool:
        """Destroy bodies that purge events of the log name. See the port."""
        try:
            with self._errors(_PURGE_AGAIN):
                self._destroy(digests)
        except _InDoubt as error:
            raise unreadable(self.path, error.cause, hint=_PURGE_AGAIN) from error
        return wal.empty(self.path)

    def _destroy(self, digests: Collection[bytes]) -> None:
        with closing(self._writing()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            states = (row[0] for row in connection.execute(_NAMES, purges.TOPICS))
            if left := purges.unnamed(digests, states):
                raise Unfit(f"no purge event names the body {min(left).hex()}")
            rows = [(digest,) for digest in digests]
            connection.executemany("UPDATE bodies SET content = NULL WHERE digest = ?", rows)
            connection.executemany(_TOMBSTONE, [*zip(digests, digests, strict=True)])
            connection.execute("COMMIT")

    def _writing(self) -> sqlite3.Connection:
        """Return a connection that overwrites what it deletes with zeros."""
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=LOCK_TIMEOUT)
        with closed_on_failure(connection):
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _conflict(self, after: Head) -> TetraEsError:
        """Return why a trigger refused records that follow `after`."""
        head = self.head()
        if head != after:
            return HeadMoved(after, head)
        return Unfit("an event is not the next of its stream")

    def _settle(self, last: Record, error: _InDoubt) -> None:
        """Find out whether records are in the log whose commit failed as it was written.

        Emptying the write-ahead log leaves no trace of it there, or brings it into the file.
        Raises `Unknown` where that is not possible either.
        """
        self.__dict__.pop("application").close()
        if not wal.empty(self.path):
            raise Unknown(f"{self.path} could not be written") from error.cause
        if not self.holds(last.head):
            raise unreadable(self.path, error.cause) from error.cause

    @contextmanager
    def _errors(self, hint: str = "nothing was recorded") -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (PersistenceError, sqlite3.Error) as error:
            cause = _cause(error)
            if getattr(cause, "sqlite_errorname", "") in _IN_DOUBT:
                raise _InDoubt(cause) from error
            raise unreadable(self.path, cause, hint=hint) from error


class _InDoubt(Exception):
    """A commit failed as it was written."""

    def __init__(self, cause: sqlite3.Error) -> None:
        super().__init__(str(cause))
        self.cause = cause


def create(path: Path) -> None:
    """Make a file without events at `path`, which must not exist; whole and durable, or not there.

    Raises `TetraEsError`.
    """
    partial = path.with_name(f".{path.name}.{os.urandom(8).hex()}.partial")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(partial, flags, 0o600))
        LogApplication(partial, create=True).close()
        # Closing brings it all into the file, and is silent where that failed.
        if wal.is_filled(partial) and not wal.empty(partial):
            raise TetraEsError(
                f"cannot write {path}", hint="check the space and the permissions of its folder"
            )
        sync(partial)
        os.link(partial, path)
    except FileExistsError:
        raise TetraEsError(f"{path} exists already") from None
    except OSError as error:
        raise TetraEsError(
            f"cannot write {path}: {error.strerror}", hint="check the space and the permissions"
        ) from error
    except (PersistenceError, sqlite3.Error) as error:
        raise unreadable(path, _cause(error)) from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    sync_folder(path.parent)


def _cause(error: PersistenceError | sqlite3.Error) -> sqlite3.Error:
    """Return the error of SQLite behind one of the library."""
    cause = error if isinstance(error, sqlite3.Error) else error.__cause__
    return cause if isinstance(cause, sqlite3.Error) else sqlite3.OperationalError(str(error))


def _kept(body: bytes) -> tuple[bytes, bytes]:
    check_body(body)
    return sha256(body).digest(), packing.pack(body)
