"""Copying a file with events while others write to it, through SQLite's own backup."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from tetra_es.disk.atomic import sync, sync_folder
from tetra_es.errors import Refused, TetraEsError
from tetra_es.log.sqlite.connecting import connect_reading, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PAGES: Final = 1000
"""Pages that are copied at once."""

_HINT: Final = "no backup was made"


def copy(source: Path, target: Path, report: Callable[[int, int], None] | None = None) -> None:
    """Make a file (0600) at `target` that is as `source` is now; whole and durable, or not there.

    All of it is of one moment, and no writer waits. The copy is one file that needs no other
    beside it. `report` is told how many pages are done, and of how many.

    Raises `Refused` where something is at `target`, `TetraEsError` where it cannot be written.
    """
    partial = target.with_name(f".{target.name}.{token_hex(8)}.partial")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(partial, flags, 0o600))
        _fill(source, partial, report)
        sync(partial)
        os.link(partial, target)  # which replaces nothing
        sync_folder(target.parent)
    except FileExistsError:
        raise Refused(
            f"{target} exists already", hint="a backup replaces nothing: give another name"
        ) from None
    except OSError as error:
        raise TetraEsError(
            f"cannot write {target}: {error.strerror}", hint="check the space and the permissions"
        ) from error
    except sqlite3.Error as error:
        raise unreadable(target, error, hint=_HINT) from error
    finally:
        if partial.parent.is_dir():
            for ending in ("", "-journal", "-wal", "-shm"):
                partial.with_name(f"{partial.name}{ending}").unlink(missing_ok=True)


def _fill(source: Path, partial: Path, report: Callable[[int, int], None] | None) -> None:
    def progress(_: int, remaining: int, total: int) -> None:
        if report:
            report(total - remaining, total)

    with closing(connect_reading(source)) as old, closing(sqlite3.connect(partial)) as new:
        # As long as this is open, later transactions are not seen: else each of them would make
        # SQLite begin again.
        old.execute("BEGIN")
        old.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        old.backup(new, pages=_PAGES, progress=progress, sleep=0)
        old.execute("ROLLBACK")
        new.execute("PRAGMA journal_mode = DELETE")
