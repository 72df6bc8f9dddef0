"""Views that are there, compared with rows made of the same events, some hundreds at a time."""

from __future__ import annotations

import sqlite3
from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from tetra_es.log.sqlite.connecting import decoding_errors
from tetra_es_projections.views.database import MIRROR, progress
from tetra_es_projections.views.projection import apply_to_views
from tetra_es_projections.views.schema import TABLES, VERSION, foreign_part
from tetra_es_projections.views.trigrams import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica

OF_EVENTS: Final = {"events": 0, "states": 2, "changes": 0, "operations": 0, "findings": 1}
"""Tables with rows of each event, and the column that has its position."""
OF_NOW: Final = {
    "latest": 0,
    "deployments": 0,
    "standing": 1,
    "purged": 0,
    "inferred": 0,
    "reached": 1,
}
"""Tables whose rows later events change, and the same column."""
IN_STEP: Final = {"trigrams": 0}
"""Tables of the same kind that are large, compared row by row in the order of their key."""
_COMMITS: Final = "commits"
_SELECT: Final = {
    # Which number a key has is of no importance, only that rows have it in common.
    "changes": "SELECT c.position, l.file, l.key, c.before, c.after "
    "FROM changes c LEFT JOIN latest l ON l.id = c.item",
    "latest": "SELECT position, file, key, after FROM latest",
    "trigrams": "SELECT block, part, slice, bits FROM trigrams ORDER BY part, slice, block",
    "inferred": "SELECT i.last, i.first, l.file, l.key, i.before, i.after "
    "FROM inferred i LEFT JOIN latest l ON l.id = i.item",
}


class ViewsCheck:
    """Compares the tables of views; `findings` says what came of it. To be closed."""

    def __init__(self, views: sqlite3.Connection | None, log: Replica) -> None:
        """Begin before the first event; nothing is compared without views."""
        self._views = views
        self._log = log
        self._first: dict[str, int] = {}
        """Table to the first position at which it differs."""
        self._problem = self._unfit() if views else None
        self._is_compared = views is not None and self._problem is None
        self._after = 0
        self._fresh = sqlite3.connect(":memory:", isolation_level=None)
        if self._is_compared:
            self._fresh.executescript(TABLES)

    def close(self) -> None:
        """Forget the rows that were made to compare with."""
        self._fresh.close()

    def take(self, records: Sequence[Record], commits: Sequence[tuple[int, str]]) -> None:
        """Compare the rows of the next events, and the commits of the mirror that they have."""
        if not (self._is_compared and records):
            return
        upto = records[-1].position
        apply_to_views(self._fresh, self._log, records)
        try:
            for table, column in OF_EVENTS.items():
                wanted = self._fresh.execute(_select(table)).fetchall()
                self._fresh.execute(f"DELETE FROM {table}")
                self._compare(table, column, wanted, self._rows(table, upto))
            ids = ((position, bytes.fromhex(commit)) for position, commit in commits)
            self._compare(_COMMITS, 0, ids, self._rows(_COMMITS, upto))
        except sqlite3.Error as error:
            self._fail(error)
        self._after = upto

    def findings(
        self, last: int, files: Mapping[str, str] | None, *, commits: bool
    ) -> Iterator[str]:
        """Yield what is wrong, the first event first; `commits` says whether to count those.

        `last` is the position of the newest event, `files` path to digest of what it left; None
        leaves that out.
        """
        wrong_file = None
        if self._is_compared:
            try:
                self._compare_now(last)
                wrong_file = None if files is None else self._wrong_file(files)
            except sqlite3.Error as error:
                self._fail(error)
        if self._problem:
            yield self._problem
            return
        for table, position in sorted(self._first.items(), key=lambda found: found[1]):
            if table != _COMMITS:
                yield f"{table} differ from the events, first at #{position}"
            elif commits and self._lists_commits():
                yield f"commits differ from the mirror, first at #{position}"
        if wrong_file is not None:
            yield f"files differ from the events, first in {wrong_file}"

    def _unfit(self) -> str | None:
        """Return why views cannot be compared, "" where that is as it should be."""
        try:
            if self._read("PRAGMA user_version")[0][0] not in (0, VERSION):
                return ""  # of another tetra-es: nothing reads them, and commands replace them
            if self._views is not None and (problem := foreign_part(self._views)):
                return problem
            found = self._read("PRAGMA integrity_check(1)")[0][0]
        except sqlite3.Error as error:
            return f"cannot be read: {error}"
        # Such as an index without its rows.
        return None if found == "ok" else f"is damaged: {found}"

    def _fail(self, error: sqlite3.Error) -> None:
        self._problem = self._problem or f"cannot be read: {error}"
        self._is_compared = False

    def _read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        if self._views is None:
            return []
        with decoding_errors():
            return self._views.execute(sql, parameters).fetchall()

    def _rows(self, table: str, upto: int) -> list[tuple[Any, ...]]:
        column = "c.position" if table == "changes" else "position"
        sql = f"{_select(table)} WHERE {column} > ? AND {column} <= ?"
        return self._read(sql, (self._after, upto))

    def _compare(
        self,
        table: str,
        column: int,
        wanted: Iterable[tuple[Any, ...]],
        found: Iterable[tuple[Any, ...]],
    ) -> None:
        if table in self._first:
            return
        one, other = Counter(wanted), Counter(found)
        if one != other:
            rows = [*(one - other), *(other - one)]
            self._first[table] = min(int(row[column]) for row in rows)

    def _compare_now(self, last: int) -> None:
        for table, column in OF_NOW.items():
            wanted = self._fresh.execute(_select(table)).fetchall()
            self._compare(table, column, wanted, self._read(_select(table)))
        for table, column in IN_STEP.items():
            rows = (one.execute(_select(table)) for one in (self._fresh, self._views) if one)
            for both in zip_longest(*rows):
                if both[0] != both[-1]:
                    blocks = (int(row[column]) for row in both if row)
                    self._first.setdefault(table, max(1, min(blocks) * BLOCK))
                    break
        for table in (*OF_EVENTS, _COMMITS):
            sql = f"SELECT min(position) FROM {table} WHERE position < 1 OR position > ?"
            (more,) = self._read(sql, (last,))[0]
            if more is not None:
                self._first.setdefault(table, more)

    def _wrong_file(self, files: Mapping[str, str]) -> str | None:
        listed = dict(self._read("SELECT path, digest FROM files"))
        return min((path for path, _ in listed.items() ^ files.items()), default=None)

    def _lists_commits(self) -> bool:
        return self._views is not None and progress(self._views, MIRROR) > 0


def _select(table: str) -> str:
    return _SELECT.get(table, f"SELECT * FROM {table}")
