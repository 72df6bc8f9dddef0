"""The TOML files in the organization's folder.

Some of them people edit, the others are generated. A file whose content is not what was put
there last was changed by somebody: it is never overwritten. In an edited file that is a change
still to be recorded, in a generated one it is drift.
"""

from __future__ import annotations

import os
import shlex
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.disk import atomic
from tetra_es.disk.batch import write_all
from tetra_es.disk.regular_files import REBUILD, follow, read_text
from tetra_es.errors import TetraEsError
from tetra_es.layout import (
    ENVIRONMENTS,
    KEPT,
    PROFILES,
    SECRETS,
    SOURCE,
    is_edited,
    is_projected,
)
from tetra_es_projections.edited_bases import EditedBases
from tetra_es_projections.kept import keep
from tetra_es_projections.tree import ALLOWED_SIGNERS
from tetra_es_projections.views.database import FILES, set_progress

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es_projections.tree import TreeProjector

GITIGNORE = f"""\
# Written by tetra-es. Generated files, secrets and the store do not belong in this folder's git.
/{ENVIRONMENTS}/*
!/{SOURCE}
/{SECRETS}/
/history/
/.history.*
/store/
*.env
"""


class Change(NamedTuple):
    """A file that is not as it was put there."""

    path: str
    missing: bool
    problem: TetraEsError | None = None
    """Why it cannot be read, as where a folder is in its place."""


def _digest(data: bytes | None) -> str | None:
    return None if data is None else sha256(data).hexdigest()


def digest_of(root: Path, path: str) -> str | None:
    """Return the digest of the file at `path` below `root`, None where there is none.

    A file that people edit may be a link to where it really is; a generated one may not.
    Raises `TetraEsError` where an edited one is not a file, or a link that leads to none.
    """
    return (atomic.digest_through if is_edited(path) else atomic.digest)(root / path)


def changed_files(root: Path, digests: Mapping[str, str]) -> list[Change]:
    """Return the files below `root` whose content is not the one of `digests`, by path.

    What cannot be read is changed: it stops those alone who read it.
    """
    found = []
    for path, expected in sorted(digests.items()):
        try:
            actual = digest_of(root, path)
        except TetraEsError as error:
            found.append(Change(path, missing=False, problem=error))
            continue
        if actual != expected:
            found.append(Change(path, missing=actual is None))
    return found


class Files:
    """The projected files below `root`; what was put there last is remembered in the views."""

    def __init__(self, root: Path, connection: sqlite3.Connection, log: Replica) -> None:
        self._root = root
        self._connection = connection
        self.bases = EditedBases(root, connection, log, lambda path: digest_of(root, path))
        """What the edited files were written as last."""
        self.parted: list[str] = []
        """Paths of edited files that had another name, which keeps the old content."""
        self.blocked: list[TetraEsError] = []
        """Why files are not in their newest state: something else is in their place."""
        self.moved: list[str] = []
        """Where files are now that no event made, as far as the events are believed."""

    def apply(
        self,
        records: Iterable[Record],
        content: TreeProjector,
        upto: int,
        *,
        whole: bool = False,
        recorded: Callable[[str], str | None] | None = None,
    ) -> None:
        """Bring the files to the state after the records, which end at the position `upto`.

        `whole` says that these are all: a generated file that is of none of them is moved to
        `kept/`, since the views alone say that it was made. `recorded` returns the digest of an
        edited file before them, which is not what the views say.
        """
        known = self.digests()
        newest: dict[str, bytes | None] = {
            path: None for path in known if whole and not is_edited(path)
        }
        ours: dict[str, set[str | None]] = {path: set() for path in newest}
        for record in records:
            for path, data in content.apply_record(record).items():
                newest[path] = data
                ours.setdefault(path, set()).add(_digest(data))
        newest.pop(ALLOWED_SIGNERS, None)  # in the mirror only; `signer export` prints it
        self.blocked = []
        replaced = {
            path: data
            for path, data in newest.items()
            if self._replaces(path, data, {known.get(path), *ours[path]})
            and self._is_recorded(path, ours[path], recorded)
        }
        for path in [path for path in replaced if not ours[path]]:
            self.moved.append(self.back_up(path, upto))
            del replaced[path]
        self._put(replaced)
        ignore = self._root / ".gitignore"
        if not ignore.exists():
            atomic.write(ignore, GITIGNORE.encode())
        self._remember({path: _digest(data) for path, data in newest.items()}, upto)

    def forget_edited(self) -> None:
        """Forget what was put in edited files: what is there may be all there is of it."""
        paths = [(path,) for path in self.digests() if is_edited(path)]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("DELETE FROM files WHERE path = ?", paths)
        self._connection.execute("COMMIT")

    def remember(self, digests: Mapping[str, str], position: int) -> None:
        """Note what was put there last, up to the event at a position."""
        self._remember({**digests}, position)

    def digests(self) -> dict[str, str]:
        """Return path to digest of what was put there last.

        Whatever else the views name is not ours.
        """
        rows = self._connection.execute("SELECT path, digest FROM files").fetchall()
        return {path: digest for path, digest in rows if is_projected(path)}

    def changed(self) -> list[Change]:
        """Return the files that are not as they were put there, by path."""
        return changed_files(self._root, self.digests())

    def changed_by_hand(self) -> list[Change]:
        """Return the edited files that are not as they were put there, by path."""
        digests = self.digests()
        return changed_files(
            self._root, {path: digests[path] for path in filter(is_edited, digests)}
        )

    def is_modified(self, path: str) -> bool:
        """Return whether the file at `path` is there and not as it was put there last, if ever."""
        actual = digest_of(self._root, path)
        return actual is not None and actual != self.digests().get(path)

    def is_missing(self, path: str) -> bool:
        """Return whether there is no file at `path`."""
        return digest_of(self._root, path) is None

    def read(self, path: str) -> str:
        """Return the text of a file. Raises `TetraEsError` where it is not UTF-8."""
        return read_text(self._root, path)

    def unknown_profiles(self) -> list[str]:
        """Return the paths of overlays that somebody made and nobody recorded yet."""
        known = self.digests()
        paths = (f"{PROFILES}/{file.name}" for file in (self._root / PROFILES).glob("[!.]*.toml"))
        return sorted(path for path in paths if path not in known)

    def back_up(self, path: str, position: int) -> str:
        """Move a hand-made file to `kept/`; return its new path. `position`: the newest event."""
        try:
            return keep(self._root, path, position)
        except OSError as error:
            raise TetraEsError(
                f"cannot move {path} to {KEPT}/: {error.strerror}",
                hint=f"check the permissions of {self._root / KEPT}",
            ) from error

    def restore(self, path: str, data: bytes) -> None:
        """Write a file as it was put there last, where it is missing."""
        if digest_of(self._root, path) is None:
            self._write(path, data)

    def replace(self, path: str, digest: str, data: bytes) -> None:
        """Write an edited file as recorded, where its content still has this digest."""
        if digest_of(self._root, path) == digest:
            self._write(path, data)
            self.bases.note()

    def check_writable(self, path: str) -> None:
        """Raise `TetraEsError` where an edited file is a link to where nothing can be written."""
        file = self._root / path
        place = follow(file, then=REBUILD)
        if place != file and not os.access(place.parent, os.W_OK | os.X_OK):
            command = shlex.join(("cp", "--remove-destination", str(place), str(file)))
            raise TetraEsError(
                f"{file} is a link to {place}, and {place.parent} cannot be written to",
                hint=f"make that folder writable, or replace the link by the file: `{command}`",
            )

    def _replaces(self, path: str, data: bytes | None, ours: set[str | None]) -> bool:
        """Return whether what is at `path` is to be replaced: it is ours, and not `data` yet."""
        try:
            actual = digest_of(self._root, path)
        except TetraEsError as error:
            self.blocked.append(error)
            return False
        return actual != _digest(data) and (actual is None or actual in ours)

    def _is_recorded(
        self,
        path: str,
        ours: Collection[str | None],
        recorded: Callable[[str], str | None] | None,
    ) -> bool:
        """Return whether a file that is to be replaced has nothing that is in no event.

        Of a generated file, the views say what was put there.
        """
        if recorded is None or not is_edited(path):
            return True
        actual = digest_of(self._root, path)
        return actual is None or actual in ours or actual == recorded(path)

    def _put(self, files: Mapping[str, bytes | None]) -> None:
        generated = {}
        for path, data in files.items():
            if data is None or not is_edited(path):
                generated[self._root / path] = data
            else:
                self._write(path, data)
        write_all(generated)

    def _write(self, path: str, data: bytes) -> None:
        file = self._root / path
        if not is_edited(path):
            atomic.write(file, data)
            return
        if file.exists() and file.stat().st_nlink > 1:
            self.parted.append(path)
        atomic.write_through(file, data)

    def _remember(self, digests: dict[str, str | None], position: int) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "DELETE FROM files WHERE path = ?",
            [(path,) for path, digest in digests.items() if digest is None],
        )
        self._connection.executemany(
            "INSERT INTO files VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE "
            "SET digest = excluded.digest, position = excluded.position",
            [(path, digest, position) for path, digest in digests.items() if digest is not None],
        )
        set_progress(self._connection, FILES, position)
        self._connection.execute("COMMIT")
