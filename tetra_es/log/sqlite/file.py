"""An SQLite file that is open for reading: errors for people, and damage."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any, ClassVar

from tetra_es.disk.closing import Closing
from tetra_es.errors import RESTORE_HINT, TetraEsError, Unfounded
from tetra_es.log.sqlite.connecting import connect_reading, decoding_errors, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tetra_es.log.sqlite.kept import KeptConnections


class ReadOnlyFile(Closing):
    """A file with events. Use as a context manager."""

    current: ClassVar[bool] = False
    """Whether it always sees what others write: what is recorded rests on it."""

    def __init__(
        self,
        path: Path,
        check: Callable[[sqlite3.Connection, Path], None],
        *,
        apart: bool = False,
        kept: KeptConnections | None = None,
    ) -> None:
        """Open the file at `path`, and have it checked. `apart`: see `connect_reading`.

        With `kept`, by a connection of these, which gets it back.

        Raises `Unfounded` where there is none, `TetraEsError` where it cannot be read.
        """
        self.path = path
        self._kept = kept
        self._connection = _connect(path, current=self.current, apart=apart, kept=kept)
        try:
            with self._reading():
                check(self._connection, path)
        except TetraEsError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        if self._kept is None:
            self._connection.close()
        else:
            self._kept.give(self._connection)

    def limit_time(self, is_over: Callable[[], bool]) -> None:
        """Have questions raise `Unavailable` when the time for them is over."""
        from tetra_es.log.sqlite.limited import limit_time  # quick answers have no limit

        limit_time(self._connection, is_over)

    def damage(self) -> list[str]:
        """Return what SQLite finds wrong with the file, such as an index that differs from its
        table; a sentence each. Reads all of it.
        """
        rows = self._rows("PRAGMA integrity_check(10)")
        lines = [line for (text,) in rows for line in text.splitlines()]
        return [line for line in lines if line != "ok" and not line.startswith("***")]

    def _rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        # Thousands of times in a row: the two contexts are entered only where something is wrong.
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except (sqlite3.Error, UnicodeDecodeError):
            with self._reading():
                raise

    def _row(self, sql: str, parameters: tuple[object, ...] = ()) -> Any:
        try:
            return self._connection.execute(sql, parameters).fetchone()
        except (sqlite3.Error, UnicodeDecodeError):
            with self._reading():
                raise

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with decoding_errors():
                yield
        except sqlite3.Error as error:
            self._connection.close()
            raise unreadable(self.path, error) from error


def _connect(
    path: Path, *, current: bool, apart: bool, kept: KeptConnections | None
) -> sqlite3.Connection:
    if not path.is_file():
        raise Unfounded(
            f"no event store at {path}",
            hint=RESTORE_HINT,
        )
    try:
        if kept is not None:
            return kept.take(path)
        return connect_reading(path, current=current, apart=apart)
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
