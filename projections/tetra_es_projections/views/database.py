"""Opening `views.db`. It holds nothing that cannot be rebuilt, so a broken one is replaced."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.disk.identity import file_identity
from tetra_es.errors import TetraEsError
from tetra_es.log.sqlite.connecting import (
    closed_on_failure,
    connect_reading,
    decoding_errors,
    is_damage,
    unreadable,
)
from tetra_es_projections.views.schema import MADE_OF_EVENTS, TABLES, VERSION, foreign_part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REBUILD: Final = "`tetra-es rebuild` builds it again"
LATER: Final = "the next command makes up for it"
"""Hints for views that cannot be used, and for those that could not be written."""

BESIDE: Final = ("-wal", "-shm", "-journal")
"""How the names of files end that SQLite has beside the views."""

MIRROR, FILES, VIEWS = "mirror", "files", "views"
BASES: Final = "bases"
"""Not a projection: whether edited files were written as these views say; see `edited_bases`."""


class InPlace(NamedTuple):
    """A connection to views, and what tells their file from others in its place."""

    connection: sqlite3.Connection
    file: tuple[int, int] | None


def open_views(path: Path) -> sqlite3.Connection:
    """Return a connection for writing; makes the tables where they are missing or not ours.

    Transactions are explicit. Raises `TetraEsError` when the file cannot be made or written.
    """
    path = real(path)
    try:
        connection = _connect(path)
        with closed_on_failure(connection):
            if _is_ours(connection):
                return connection
            empty = connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is None
        if not empty:
            connection.close()
            discard(path)
            connection = _connect(path)
        with closed_on_failure(connection):
            connection.executescript(
                f"BEGIN IMMEDIATE;{TABLES}PRAGMA user_version = {VERSION};COMMIT"
            )
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            discard(path)
            return open_views(path)
        raise unusable(path, error, LATER) from error
    return connection


def unusable(path: Path, error: sqlite3.Error, hint: str = REBUILD) -> TetraEsError:
    """Return the error for people that stands for an error of SQLite with the views."""
    return unreadable(path, error, hint=hint, damaged=REBUILD)


def open_views_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads; to empty views in memory where none of ours are."""
    try:
        if connection := _opened(path):
            return connection
        connection = sqlite3.connect(":memory:", isolation_level=None)
        with closed_on_failure(connection):
            connection.executescript(TABLES)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return connection


def _opened(path: Path) -> sqlite3.Connection | None:
    """Return a connection to the views that only reads, None where none of ours are there.

    Raises `sqlite3.Error` where the disk, not what is on it, stops SQLite.
    """
    if not path.exists():
        return None
    try:
        connection = opened_in_place(path, connect_reading).connection
        with closed_on_failure(connection):
            if _is_ours(connection):
                return connection
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return None
    connection.close()
    return None


def opened_in_place(path: Path, connect: Callable[[Path], sqlite3.Connection]) -> InPlace:
    """Return a connection to the views that are at a path when it has been opened.

    SQLite opens the file first, and its log by name. Where other views take their place in between,
    it would read the log of these over pages of the old ones.
    """
    while True:
        before = file_identity(path)
        connection = connect(path)
        if file_identity(path) == before:
            return InPlace(connection, before)
        connection.close()


def begin_in_place(path: Path, opened: InPlace) -> bool:
    """Have all that is read be of one moment; return whether that can be trusted.

    Others may have taken the place of views after these made their log again, which is then that of
    both. Nobody had written to the others where the path leads to these when reading has begun, or
    to nothing.
    """
    try:
        opened.connection.execute("BEGIN")
        opened.connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except sqlite3.DatabaseError:
        if file_identity(path) in (opened.file, None):
            raise
        return False
    return file_identity(path) in (opened.file, None)


def real(path: Path) -> Path:
    """Return where the views are that a path leads to: a person may have put a link there.

    Commands throw away or replace that file, not the link to it.
    """
    return Path(os.path.realpath(path))


def discard(path: Path, parts: Sequence[str] = ("", *BESIDE)) -> None:
    """Throw the views away, or parts of them. Raises `TetraEsError` where that fails."""
    for suffix in parts:
        try:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            raise TetraEsError(
                f"cannot remove {path}{suffix}: {error.strerror}",
                hint="move it away if it is yours, or check the permissions of its folder",
            ) from error


def progress(connection: sqlite3.Connection, projection: str) -> int:
    """Return the position that a projection has reached, 0 at first."""
    row = connection.execute(
        "SELECT position FROM progress WHERE projection = ?", (projection,)
    ).fetchone()
    return int(row[0]) if row else 0


def go_back(connection: sqlite3.Connection, *, whole: bool) -> None:
    """Forget all that was taken in of events, for those that are no longer believed.

    The digests of generated files stay. Without `whole`, so does what is known of files and
    mirror, which stay as they are.
    """
    connection.execute("BEGIN IMMEDIATE")
    for table in MADE_OF_EVENTS:
        connection.execute(f"DELETE FROM {table}")
    set_progress(connection, VIEWS, 0)
    if whole:
        connection.execute("DELETE FROM commits")
        set_progress(connection, FILES, 0)
        set_progress(connection, MIRROR, 0)
    connection.execute("COMMIT")


def set_progress(connection: sqlite3.Connection, projection: str, position: int) -> None:
    """Remember the position that a projection has reached."""
    connection.execute(
        "INSERT INTO progress VALUES (?, ?) ON CONFLICT (projection) DO UPDATE "
        "SET position = excluded.position",
        (projection, position),
    )


def _is_ours(connection: sqlite3.Connection) -> bool:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    return version == VERSION and not foreign_part(connection)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    with closed_on_failure(connection), decoding_errors():
        connection.execute("PRAGMA journal_mode = WAL")
        # Consistent after a power cut, if perhaps behind: catching up repairs that.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1")
    return connection
