"""The bases of edited files: the revision that each was written as last, so that edits can merge.

One file for each folder that an organization is in, beside its pins. It has no text, only how far
the events went when a file had which content. A person is asked for one that is lost.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.gate.pins import private
from tetra_es.gate.pins.pins import SIZE
from tetra_es.gate.pins.places import place_of_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Base(NamedTuple):
    """What an edited file was when tetra-es last wrote or recorded it."""

    position: int
    """An event after which the file had that content."""
    digest: str
    """SHA-256 of the content, hexadecimal."""
    typed: int
    """The last event after which the content was what a person had saved there, not tetra-es."""
    merged: tuple[int, ...] = ()
    """Later events that recorded what a person had saved there, merged with something else."""


class Bases:
    """The bases of the files below the folder `root` of an organization with pins in `folder`."""

    def __init__(self, folder: Path, root: Path) -> None:
        name = sha256(bytes(place_of_folder(root), "utf-8", "surrogateescape")).hexdigest()
        self._folder = folder / "bases"
        self._path = self._folder / f"{name[:32]}.json"
        self._root = root

    def all(self) -> dict[str, Base]:
        """Return path to base of the files whose base is known. Raises `TetraEsError`."""
        data = private.read(self._path)
        try:
            found = json.loads(data) if data is not None else {}
            files = found["files"] if data is not None else {}
            return {str(path): _checked(fields) for path, fields in files.items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}  # a power cut may leave anything there: see `_keep`

    def note(
        self,
        written: Mapping[str, tuple[int, str]],
        is_there: Callable[[str, str], bool],
        *,
        first: bool,
    ) -> bool:
        """Note what edited files were written as last: an event, and the digest after it, by path.

        A file that is something else now, as `is_there` says, keeps its base; the `first` time it
        is believed to have been written. Returns whether all were. Raises `TetraEsError`.
        """
        known = self.all()
        found = dict(known)
        for path, (position, digest) in written.items():
            before = known.get(path)
            if before is not None and before.digest == digest:
                continue
            if first or is_there(path, digest):
                typed, merged = (before.typed, before.merged) if before else (position, ())
                found[path] = Base(position, digest, typed, merged)
        if found != known:
            self._keep(found)
        return all(path in found and found[path].digest == written[path][1] for path in written)

    def put(self, path: str, base: Base) -> None:
        """Give one file another base. Raises `TetraEsError`."""
        self._keep({**self.all(), path: base})

    def recorded(self, path: str, position: int, *, merged: bool) -> None:
        """Note that an event recorded what a person saved in a file, `merged` or as it was.

        Raises `TetraEsError`.
        """
        base = self.all().get(path)
        if base is None:
            return  # it is noted when it is written
        if merged:
            self.put(path, base._replace(merged=(*base.merged, position)))
        else:
            self.put(path, base._replace(typed=position, merged=()))

    def _keep(self, bases: Mapping[str, Base]) -> None:
        """Replace all of them. Raises `TetraEsError`.

        Not durable: a power cut leaves older ones or none, which merges more than it had to, or
        asks.
        """
        private.make_folder(self._folder)
        files = {path: list(base) for path, base in sorted(bases.items())}
        content = {"folder": place_of_folder(self._root), "files": files}
        data = json.dumps(content, indent=1, ensure_ascii=True)
        private.replace(self._path, f"{data}\n".encode(), durable=False)


def _checked(fields: Any) -> Base:
    """Return a base as it was kept. Raises `ValueError` and the like for anything else."""
    position, digest, typed, merged = fields
    if not all(type(each) is int and each >= 0 for each in (position, typed, *merged)):
        raise ValueError(fields)
    if len(bytes.fromhex(digest)) != SIZE:
        raise ValueError(digest)
    return Base(position, digest, typed, tuple(merged))
