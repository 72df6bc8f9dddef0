"""What was fetched: in a repository of its own, which has the mirror's objects as well.

Anybody who may push there can push anything, and a purge may not be finished there: nothing of that
comes into the mirror, which makes the commits of what is admitted itself.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.gate.pins import private
from tetra_es_projections.mirror.failures import NoRoom
from tetra_es_projections.mirror.refs import HEAD
from tetra_es_projections.mirror.temporary import held

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.temporary import Held

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
        new = self._folder()
        root, self._remove = new.root, weakref.finalize(self, new.remove)
        for folder in ("objects/info", "objects/pack", "refs/heads"):
            (root / folder).mkdir(parents=True)
        (root / "HEAD").write_text(HEAD)
        (root / "config").write_text(_CONFIG)
        objects = str(self._mirror / "objects").replace("\\", r"\\").replace('"', r"\"")
        quoted = objects.replace("\n", r"\n")
        (root / "objects" / "info" / "alternates").write_text(f'"{quoted}"\n')
        return root

    def _folder(self) -> Held:
        with suppress(OSError, TetraEsError):
            state = self._replica.state_folder()
            if state is not None:
                base = state / "fetched"
                private.make_folder(base)
                return held("fetched", base)
        return held("fetched")
