"""The views, opened for questions. Uses sqlite3 alone: `show` and `history` start with it."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from typing import TYPE_CHECKING

from tetra_es.disk.closing import Closing
from tetra_es.log.sqlite.connecting import closed_on_failure, connect_reading
from tetra_es_projections.views.database import (
    BASES,
    VIEWS,
    begin_in_place,
    opened_in_place,
    progress,
)
from tetra_es_projections.views.schema import foreign_part, other_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tetra_es.log.sqlite.kept import KeptConnections
    from tetra_es_projections.queries.tables.edited_table import EditedTable
    from tetra_es_projections.queries.tables.event_table import EventTable
    from tetra_es_projections.queries.tables.finding_table import FindingTable
    from tetra_es_projections.queries.tables.host_table import HostTable
    from tetra_es_projections.queries.tables.key_table import KeyTable
    from tetra_es_projections.queries.tables.purged_table import PurgedTable
    from tetra_es_projections.queries.tables.state_table import StateTable

_COMMIT = 40
"""Digits of a commit's id."""
_HASH = 64
"""Digits of an event's hash."""
_EDITED = ("manifest", "profile")
"""First words of the files whose revisions are not states of an environment."""


class ForeignViews(sqlite3.DatabaseError):
    """Views that another tetra-es made, such as an older one."""


class Views(Closing):
    """The views, for reading. Use as a context manager."""

    def __init__(self, path: Path, kept: KeptConnections | None = None) -> None:
        """Open the views at `path`, which must exist.

        With `kept`, by a connection of these, which gets it back. Raises `sqlite3.Error`, also when
        they are not ours: others may tell anything. Of another version, that is `ForeignViews`.
        """
        self._path, self._kept = path, kept
        self._open()

    def _open(self) -> None:
        connect = self._kept.take if self._kept else connect_reading
        self._opened = opened_in_place(self._path, connect)
        self._connection = self._opened.connection
        with closed_on_failure(self._connection):
            if problem := other_version(self._connection):
                raise ForeignViews(problem)
            if problem := foreign_part(self._connection):
                raise sqlite3.DatabaseError(problem)

    def close(self) -> None:
        """Let go of the file."""
        if self._kept is None:
            self._connection.close()
        else:
            self._kept.give(self._connection)

    def hold(self) -> int:
        """Have all that is asked from now on be of one moment; return the position of that.

        Nobody who writes waits for it. It comes before all questions: where other views took the
        place of these meanwhile, they are opened instead.
        """
        while not begin_in_place(self._path, self._opened):
            self._connection.close()
            self._open()
        return self.reached(alone=True)

    def hash_at(self, position: int) -> bytes:
        """Return the hash of an event, nothing where the views do not have it."""
        row = self._connection.execute(
            "SELECT hash FROM events WHERE position = ?", (position,)
        ).fetchone()
        return row[0] if row else b""

    def limit_time(self, is_over: Callable[[], bool]) -> None:
        """Have a question fail with `sqlite3.OperationalError` when its time is over."""
        from tetra_es.log.sqlite.limited import limit_time  # quick answers have no limit

        limit_time(self._connection, is_over)

    @cached_property
    def events(self) -> EventTable:
        """Questions about events."""
        # Each is imported when it is asked: a quick answer must not pay for the others.
        from tetra_es_projections.queries.tables.event_table import EventTable

        return EventTable(self._connection)

    @cached_property
    def states(self) -> StateTable:
        """Questions about states of environments."""
        from tetra_es_projections.queries.tables.state_table import StateTable

        return StateTable(self._connection)

    @cached_property
    def edited(self) -> EditedTable:
        """Questions about revisions of the manifest and of profiles."""
        from tetra_es_projections.queries.tables.edited_table import EditedTable

        return EditedTable(self._connection)

    @property
    def connection(self) -> sqlite3.Connection:
        """The views themselves, for a table of questions that has something of its own to keep."""
        return self._connection

    def revisions_of(self, file: str) -> StateTable | EditedTable:
        """Return what knows the revisions of a file, which is named as in `changes`."""
        return self.edited if file.partition(" ")[0] in _EDITED else self.states

    @cached_property
    def keys(self) -> KeyTable:
        """Questions about the keys of files."""
        from tetra_es_projections.queries.tables.key_table import KeyTable

        return KeyTable(self._connection)

    @cached_property
    def findings(self) -> FindingTable:
        """Questions about what there is to look at in events."""
        from tetra_es_projections.queries.tables.finding_table import FindingTable

        return FindingTable(self._connection)

    @cached_property
    def purged(self) -> PurgedTable:
        """Questions about what purges took away of the history by key."""
        from tetra_es_projections.queries.tables.purged_table import PurgedTable

        return PurgedTable(self._connection)

    @cached_property
    def hosts(self) -> HostTable:
        """Questions about hosts."""
        from tetra_es_projections.queries.tables.host_table import HostTable

        return HostTable(self._connection)

    def commit(self, position: int) -> str | None:
        """Return the mirror's commit of an event, None where it has none yet."""
        row = self._connection.execute(
            "SELECT lower(hex(id)) FROM commits WHERE position = ?", (position,)
        ).fetchone()
        return row[0] if row else None

    def positions_of_commits(self, prefix: str) -> list[int]:
        """Return the events whose commits' ids begin with `prefix`, two at the most."""
        if len(prefix) > _COMMIT:
            return []
        ends = [bytes.fromhex(prefix.ljust(_COMMIT, digit)) for digit in "0f"]
        rows = self._connection.execute(
            "SELECT position FROM commits WHERE id BETWEEN ? AND ? LIMIT 2", ends
        )
        return [row[0] for row in rows]

    def positions_of_hashes(self, prefix: str) -> list[int]:
        """Return the events whose hashes begin with `prefix`, two at the most."""
        ends = [bytes.fromhex(prefix.ljust(_HASH, digit)) for digit in "0f"]
        rows = self._connection.execute(
            "SELECT position FROM events WHERE hash BETWEEN ? AND ? LIMIT 2", ends
        )
        return [row[0] for row in rows]

    def file_digests(self) -> dict[str, str]:
        """Return path to digest of the files as projected last."""
        return dict(self._connection.execute("SELECT path, digest FROM files").fetchall())

    def reached(self, *, alone: bool = False) -> int:
        """Return the position that all projections have reached, or the views `alone`."""
        if alone:
            return progress(self._connection, VIEWS)
        row = self._connection.execute(
            "SELECT coalesce(min(position), 0), count(*) FROM progress WHERE projection <> ?",
            (BASES,),
        ).fetchone()
        return int(row[0]) if row[1] == 3 else 0
