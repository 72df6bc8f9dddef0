"""Building views beside those that are there, which others read until the new ones are whole."""

from __future__ import annotations

import sqlite3
from stat import S_IMODE
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.log.sqlite import wal
from tetra_es_projections.views.database import BESIDE, LATER, discard, open_views, real, unusable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def build_beside(path: Path, build: Callable[[sqlite3.Connection], None]) -> Path:
    """Have `build` fill new views; return where they are, beside those at `path`.

    A caller holds the lock. Raises `TetraEsError`, and what `build` raises: nothing is left then.
    """
    new = _beside(path)
    discard_unfinished(path)
    try:
        _make(new, path)
        connection = open_views(new)
        try:
            build(connection)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        if wal.is_filled(new):
            raise TetraEsError(f"{new} was not written whole", hint=LATER)
    except sqlite3.Error as error:
        discard(new)
        raise unusable(path, error, LATER) from error
    except BaseException:
        discard(new)
        raise
    return new


def put_in_place(new: Path, path: Path) -> None:
    """Have a path lead to other views; nothing of the old ones is left, in free pages either.

    Who has the old ones open goes on with them. Their write-ahead log goes first: beside the new
    ones it would be taken for that of these. It is emptied before, as far as readers let it be: in
    between, who opens the old ones finds an earlier state of them. Raises `TetraEsError`.
    """
    path = real(path)
    if wal.is_filled(path):
        wal.empty(path)
    discard(path, BESIDE)
    try:
        new.replace(path)
    except OSError as error:
        raise TetraEsError(f"cannot rename {new}: {error.strerror}", hint=LATER) from error


def _make(new: Path, path: Path) -> None:
    """Make an empty file with the mode of the one at `path`: a person may have let others read."""
    try:
        mode = S_IMODE(path.stat().st_mode) if path.exists() else 0
        new.touch(0o600, exist_ok=False)
        new.chmod(mode | 0o600)
    except OSError as error:
        raise TetraEsError(f"cannot make {new}: {error.strerror}", hint=LATER) from error


def discard_unfinished(path: Path) -> None:
    """Throw away what a command left that was killed while it built views beside those at `path`.

    It may have what is purged later. Raises `TetraEsError`.
    """
    discard(_beside(path))


def _beside(path: Path) -> Path:
    there = real(path)
    return there.with_name(f"{there.name}.new")
