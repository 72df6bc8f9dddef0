"""The write-ahead log beside a store: pages that are not in the store's file yet.

As long as something is in it, the file still has what a purge overwrote, and the log may have the
same as it once was. SQLite removes it with the last connection. A killed command leaves it, and so
does everybody who has the store open at the same time.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE: Final = 1.0
"""Seconds to wait for who reads an older state."""


def is_filled(store: Path) -> bool:
    """Return whether the log of the store has anything in it."""
    try:
        return store.with_name(f"{store.name}-wal").stat().st_size > 0
    except OSError:
        return False


def empty(store: Path) -> bool:
    """Bring everything into the store's file and cut the log to nothing.

    Returns False where that was not possible, because somebody reads an older state.
    """
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(store, isolation_level=None, timeout=_PATIENCE)) as connection,
    ):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_filled(store)
