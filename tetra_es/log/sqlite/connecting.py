"""Connections to SQLite files that read, and what SQLite's errors mean for people."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from tetra_es.errors import RESTORE_HINT, IntegrityFailure, TetraEsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class DamagedText(sqlite3.DatabaseError):
    """A text in an SQLite file cannot be decoded."""

    sqlite_errorname = "SQLITE_CORRUPT"


@contextlib.contextmanager
def decoding_errors() -> Iterator[None]:
    """Raise `DamagedText` where SQLite quotes what is damaged, and Python cannot decode that."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DamagedText("its text is not UTF-8") from error
    except sqlite3.OperationalError as error:
        if not str(error).startswith("Could not decode"):
            raise
        raise DamagedText("its text is not UTF-8") from None  # the message quotes it


@contextlib.contextmanager
def closed_on_failure(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Close a connection where its owner fails before anybody gets it; else leave it open."""
    try:
        yield connection
    except BaseException:
        # A damaged file may fail once more, when it is closed.
        with contextlib.suppress(sqlite3.Error):
            connection.close()
        raise


def connect_reading(path: Path, *, current: bool = False) -> sqlite3.Connection:
    """Return a connection to an SQLite file that cannot write to it.

    It always sees what others write if `current`. Raises `sqlite3.Error`.
    """
    wal = path.with_name(path.name + "-wal")
    try:
        return _made_reading(sqlite3.connect(path, isolation_level=None, timeout=30))
    except sqlite3.OperationalError:
        if current or (wal.exists() and wal.stat().st_size):
            raise
        # WAL needs a shared-memory file beside the database. Where none can be made, in a folder
        # that cannot be written or on a full disk, there are no writers either, and SQLite may
        # be told that nothing changes.
        uri = f"{path.absolute().as_uri()}?immutable=1"
        return _made_reading(sqlite3.connect(uri, uri=True, isolation_level=None))


def _made_reading(connection: sqlite3.Connection) -> sqlite3.Connection:
    with closed_on_failure(connection), decoding_errors():
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    return connection


def unreadable(
    path: Path,
    error: sqlite3.Error,
    *,
    hint: str = "nothing was recorded",
    damaged: str = RESTORE_HINT,
) -> TetraEsError:
    """Return the error for people that stands for `error` of SQLite.

    `hint` says what follows for what was being done, `damaged` what to do about a damaged file.
    """
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return IntegrityFailure(f"{path} is damaged: {error}", hint=damaged)
    # Of shared memory, which SQLite keeps in a file, a full disk is the usual failure.
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR_SHM")):
        return TetraEsError(f"no space left for {path}", hint=f"free some space; {hint}")
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return TetraEsError(
            f"{path} cannot be written or opened: {error}",
            hint=f"check the owner and the permissions of its folder; {hint}",
        )
    if code.startswith("SQLITE_BUSY"):
        return TetraEsError(
            f"{path} is locked by another program", hint=f"try again when it has finished; {hint}"
        )
    return TetraEsError(f"{path} failed: {error}", hint=f"check the disk; {hint}")
