"""Keeping the bases of edited files: which revision each was written as last.

The views tell what was recorded last, whether or not it could be written; a file with edits that
are not recorded yet is left alone, and its base is an older one.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.gate.pins.bases import Base, Bases
from tetra_es.layout import MANIFEST, PROFILES, SOURCE
from tetra_es_projections.views.database import BASES, progress, set_progress

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from tetra_es.log.replica import Replica

_ROWS = """
SELECT path, position, digest FROM files
WHERE path IN (?, ?) OR (path > ? AND path < ?)
"""

_LEVEL, _HELD_BACK = 1, 2
"""In the place of a position: whether all files were written as the views say."""


class EditedBases:
    """The bases of the files that people edit below `root`."""

    def __init__(
        self,
        root: Path,
        connection: sqlite3.Connection,
        log: Replica,
        digest_of: Callable[[str], str | None],
    ) -> None:
        self._root = root
        self._connection = connection
        self._log = log
        self._digest_of = digest_of

    @cached_property
    def _bases(self) -> Bases | None:
        """Where they are kept; None for an organization of the first edition."""
        folder = self._log.state_folder()
        return Bases(folder, self._root) if folder else None

    def of(self, path: str) -> Base | None:
        """Return the base of a file, None where it is not known."""
        return self._bases.all().get(path) if self._bases else None

    def put(self, path: str, base: Base) -> None:
        """Give a file another base, if it can be kept."""
        with suppress(TetraEsError):
            if self._bases:
                self._bases.put(path, base)

    def recorded(self, path: str, position: int, *, merged: bool) -> None:
        """Note that an event recorded what a person saved, `merged` or as it was."""
        with suppress(TetraEsError):
            if self._bases:
                self._bases.recorded(path, position, merged=merged)

    def begin(self, position: int) -> None:
        """Have what is not known be as the views tell, if all files were written as they say.

        So it was where nothing was kept yet, or where the folder was moved. `position` is how far
        the files are.
        """
        if position and progress(self._connection, BASES) != _HELD_BACK:
            self._note(first=True)

    def note(self) -> None:
        """Note what the files are written as now, those without edits that are not recorded.

        What cannot be kept is noted later, and merges more than it has to until then.
        """
        self._note(first=False)

    def _note(self, *, first: bool) -> None:
        with suppress(TetraEsError):
            if self._bases is None or (first and self._bases.all()):
                return
            level = self._bases.note(self._written(), self._is_there, first=first)
            now = _LEVEL if level else _HELD_BACK
            if progress(self._connection, BASES) != now:
                set_progress(self._connection, BASES, now)

    def _written(self) -> dict[str, tuple[int, str]]:
        paths = (MANIFEST, SOURCE, f"{PROFILES}/", f"{PROFILES}0")
        rows = self._connection.execute(_ROWS, paths).fetchall()
        return {path: (position, digest) for path, position, digest in rows}

    def _is_there(self, path: str, digest: str) -> bool:
        try:
            return self._digest_of(path) == digest
        except TetraEsError:
            return False
