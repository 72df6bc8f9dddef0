"""Connections to SQLite files that read, and what SQLite's errors mean for people."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Final, TypeVar

from tetra_es.errors import (
    ASK_LESS,
    RESTORE_HINT,
    TOO_LONG,
    IntegrityFailure,
    TetraEsError,
    Unavailable,
)
from tetra_es.log.sqlite import wal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


Kind = TypeVar("Kind", bound=sqlite3.Connection)

_ATTEMPTS: Final = 3
"""Times that a file is copied which changes meanwhile."""


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


def connect_reading(
    path: Path,
    *,
    current: bool = False,
    apart: bool = False,
    kind: type[sqlite3.Connection] = sqlite3.Connection,
) -> sqlite3.Connection:
    """Return a connection to an SQLite file that cannot write to it.

    It always sees what others write if `current`. `apart` is for files of others, which stay as
    they are: the last one to close a file would else bring into it what a killed command left in
    its write-ahead log. Raises `sqlite3.Error`.
    """
    if apart and wal.is_filled(path) and (connection := _connected_to_copy(path, kind)):
        return connection
    try:
        return _made_reading(_connect(path, kind, timeout=30))
    except sqlite3.OperationalError:
        if current:
            raise
        if wal.is_filled(path):
            # The file lacks what the log has. Nobody writes to either where even SQLite cannot,
            # which needs a folder that it can write to.
            if connection := _connected_to_copy(path, kind):
                return connection
            raise
        # WAL needs a shared-memory file beside the database. Where none can be made, in a folder
        # that cannot be written or on a full disk, there are no writers either, and SQLite may
        # be told that nothing changes.
        uri = f"{path.absolute().as_uri()}?immutable=1"
        return _made_reading(_connect(uri, kind, uri=True))


def reading_alone(path: Path, kind: type[Kind]) -> Kind:
    """Return a connection of a kind that reads a file where it is, and sees what others write.

    Threads may hand it to each other. Raises `sqlite3.Error`.
    """
    connection = sqlite3.connect(
        path, isolation_level=None, timeout=30, check_same_thread=False, factory=kind
    )
    return _made_reading(connection)


def _connect(path: Path | str, kind: type[Kind], *, timeout: float = 5, uri: bool = False) -> Kind:
    return sqlite3.connect(path, isolation_level=None, timeout=timeout, uri=uri, factory=kind)


def _connected_to_copy(path: Path, kind: type[sqlite3.Connection]) -> sqlite3.Connection | None:
    """Return a connection to a copy of a file and of its write-ahead log; it goes with that.

    None where there is no room for one, or somebody writes to them again and again.
    """
    import shutil
    import tempfile

    both = [path, path.with_name(f"{path.name}-wal")]
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory(prefix="tetra-es-") as folder:
        for _ in range(_ATTEMPTS):
            before = [_state(file) for file in both]
            for file in both:
                shutil.copyfile(file, f"{folder}/{file.name}")
            if [_state(file) for file in both] == before:
                copy = f"{folder}/{path.name}"
                return _made_reading(_connect(copy, kind))
    return None


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _made_reading(connection: Kind) -> Kind:
    with closed_on_failure(connection), decoding_errors():
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether what is on the disk stops SQLite, not the disk itself."""
    code = getattr(error, "sqlite_errorname", "")
    return code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


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
    if code == "SQLITE_INTERRUPT":
        return Unavailable(TOO_LONG, hint=ASK_LESS)
    if is_damage(error):
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
