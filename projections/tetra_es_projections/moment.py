"""Files, views and mirror as they are at one moment: commands may go on recording.

No lock is taken. What commands write follows from events that they appended before, so what is seen
between two looks at the log that find the same is of one moment.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from tetra_es.disk.lock import is_held
from tetra_es.errors import TetraEsError
from tetra_es.layout import ENVIRONMENTS, MANIFEST, PROFILES, SECRETS
from tetra_es.log.sqlite.connecting import connect_reading
from tetra_es_projections.mirror.refs import branch_head
from tetra_es_projections.views.database import (
    FILES,
    MIRROR,
    VIEWS,
    begin_in_place,
    opened_in_place,
    progress,
)
from tetra_es_projections.working_files import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from tetra_es.layout import OrgLayout
    from tetra_es.log.replica import Replica

_PATIENCE: Final = 0.5
"""Seconds to wait for what is behind though no command is at work: one may be about to be."""
_LONG_PATIENCE: Final = 120.0
"""Seconds to wait for a command that is at work; a rebuild of a large history takes that long."""
_PAUSE: Final = 0.02


class Moment:
    """Files, views and mirror as they were after the event `last`. Use as a context manager."""

    last: int
    """Position of the newest event."""
    files: dict[str, str | TetraEsError]
    """Path to digest of the files that were there, `NOT_A_FILE` for something else in the place of
    a generated one, or why an edited one cannot be read."""
    main: str | None
    """The commit that the branch of the mirror was at."""

    def __init__(self, layout: OrgLayout, log: Replica) -> None:
        """Look at all of them, again and again until commands have caught up with their events."""
        self._layout = layout
        self.views: sqlite3.Connection | None = None
        """The views in a transaction, None where there are none that can be opened."""
        self.problem: sqlite3.Error | None = None
        """Why the views cannot be opened."""
        begin = monotonic()
        self._look(log)
        while not self._is_level(log):
            patience = _LONG_PATIENCE if is_held(layout.lock) else _PATIENCE
            if monotonic() - begin > patience:
                break
            sleep(_PAUSE)
            self._look(log)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close_views()

    def _look(self, log: Replica) -> None:
        log.follow()
        self.last = log.last_position()
        self._open_views()
        self.main = None
        with suppress(OSError):  # which is found when the mirror is compared
            self.main = branch_head(self._layout.mirror)
        self.files = dict(_files(self._layout.root))

    def _is_level(self, log: Replica) -> bool:
        """Return whether all has the newest event, and no other was recorded meanwhile."""
        log.follow()
        if log.last_position() != self.last:
            return False
        if self.views is None:
            return True  # which no waiting fixes
        try:
            reached = {progress(self.views, each) for each in (VIEWS, FILES, MIRROR)}
        except sqlite3.Error:
            return True
        return reached == {self.last}

    def _open_views(self) -> None:
        self._close_views()
        self.problem = None
        try:
            while self._layout.views.exists():
                opened = opened_in_place(self._layout.views, connect_reading)
                self.views = opened.connection
                if begin_in_place(self._layout.views, opened):
                    break
                self._close_views()
        except sqlite3.Error as error:
            self.problem = error
            self._close_views()

    def _close_views(self) -> None:
        if self.views is not None:
            self.views.close()
        self.views = None


def _files(root: Path) -> Iterator[tuple[str, str | TetraEsError]]:
    for path in files_in(root):
        try:
            digest = digest_of(root, path)
        except TetraEsError as error:
            yield path, error
            continue
        if digest is not None:
            yield path, digest


def files_in(root: Path) -> Iterator[str]:
    """Yield the paths of what is in an organization's folder where files are projected to."""
    yield MANIFEST
    for folder in (ENVIRONMENTS, PROFILES):
        yield from (f"{folder}/{file.name}" for file in (root / folder).glob("[!.]*.toml"))
    # Links are not followed.
    for folder, folders, names in os.walk(root / SECRETS):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118
        for name in (*names, *links):
            yield os.path.relpath(os.path.join(folder, name), root)  # noqa: PTH118, of many files
