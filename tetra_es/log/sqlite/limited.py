"""Connections whose questions end when the time for them is over."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_STEPS: Final = 10_000
"""Of SQLite's machine, between two looks at the clock: some tenths of a millisecond."""


class TimeIsOver(sqlite3.OperationalError):
    """A question took too long, or was asked too late."""

    sqlite_errorname = "SQLITE_INTERRUPT"


class LimitedConnection(sqlite3.Connection):
    """A connection that begins no question when its time is over.

    SQLite itself looks at the clock in a question that takes long, never between short ones.
    """

    is_over: Callable[[], bool] | None = None

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Ask a question. Raises `TimeIsOver`."""
        if self.is_over is not None and self.is_over():
            raise TimeIsOver("interrupted")
        return super().execute(*arguments)


def limit_time(connection: sqlite3.Connection, is_over: Callable[[], bool] | None) -> None:
    """Have questions fail with `sqlite3.OperationalError` when their time `is_over`."""
    connection.set_progress_handler(is_over, _STEPS if is_over else 0)
    if isinstance(connection, LimitedConnection):
        connection.is_over = is_over
