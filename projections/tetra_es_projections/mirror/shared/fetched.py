"""What was fetched: in a repository of its own, which has the mirror's objects as well.

Anybody who may push there can push anything, and a purge may not be finished there: nothing of that
comes into the mirror, which makes the commits of what is admitted itself.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.gate.pins import private
from tetra_es_projections.mirror.failures import NoRoom
from tetra_es_projections.mirror.refs import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.log.replica import Replica

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"


class Fetched:
    """A repository for what is fetched, gone after `close`; that of the mirror is at `mirror`.

    It is in the state folder, where the next command removes what a killed one left; elsewhere
    where that cannot be written to.
    """

    def __init__(self, mirror: Path, replica: Replica) -> None:
        self._mirror = mirror.absolute()
        self._replica = replica
        self._root: Path | None = None
        self._remove: Callable[[], object] = lambda: None

    @property
    def root(self) -> Path:
        """Where it is. Raises `TetraEsError` where there is no room for it."""
        if self._root is None:
            try:
                self._root = self._made()
            except OSError as error:
                self._remove()
                raise NoRoom(error) from error
        return self._root

    def begin(self, commit: str | None) -> None:
        """Forget what was fetched; `commit` of the mirror need not be fetched again."""
        self.close()
        if commit is not None:
            (self.root / "refs" / "heads" / "here").write_text(f"{commit}\n")

    def close(self) -> None:
        """Remove it."""
        self._remove()
        self._root = None

    def _made(self) -> Path:
        root, held = self._folder()
        self._remove = weakref.finalize(self, _remove, root, held)
        for folder in ("objects/info", "objects/pack", "refs/heads"):
            (root / folder).mkdir(parents=True)
        (root / "HEAD").write_text(HEAD)
        (root / "config").write_text(_CONFIG)
        objects = str(self._mirror / "objects").replace("\\", r"\\").replace('"', r"\"")
        quoted = objects.replace("\n", r"\n")
        (root / "objects" / "info" / "alternates").write_text(f'"{quoted}"\n')
        return root

    def _folder(self) -> tuple[Path, int]:
        """Return a new folder and what holds it: as long as that is open, it is in use."""
        with suppress(OSError, TetraEsError):
            state = self._replica.state_folder()
            if state is not None:
                base = state / "fetched"
                private.make_folder(base)
                remove_left(base)
                return _held(base)
        return _held(None)


def remove_left(base: Path) -> None:
    """Remove the folders in `base` that no process holds any more."""
    for path in base.iterdir():
        with suppress(OSError):
            held = _hold(path)
            _remove(path, held)


def _held(base: Path | None) -> tuple[Path, int]:
    root = Path(tempfile.mkdtemp(prefix="tetra-es-fetched-", dir=base))
    try:
        return root, _hold(root)
    except OSError:  # another command took it for one that was left
        root.mkdir(mode=0o700, exist_ok=True)
        return root, _hold(root)


def _hold(folder: Path) -> int:
    """Return an open file that holds a folder. Raises `OSError` where another one does."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(held), folder.lstat()):
            raise FileNotFoundError(folder)
    except OSError:
        os.close(held)
        raise
    return held


def _remove(root: Path, held: int) -> None:
    shutil.rmtree(root, ignore_errors=True)
    os.close(held)
