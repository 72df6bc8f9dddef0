"""Objects of the mirror that have a file each, read and written without git.

The layout is that of gitformat-loose(5): `objects/<2 digits>/<38 digits>` of the object's id holds
`KIND SP LENGTH NUL CONTENT`, compressed with zlib. git writes such files without waiting for the
disk; ours are there, whole, before a branch names them.
"""

from __future__ import annotations

import os
import zlib
from contextlib import ExitStack, suppress
from hashlib import sha1
from typing import TYPE_CHECKING, Final

from tetra_es.disk import atomic
from tetra_es_projections.mirror.listing import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE: Final = 0o444
"""git's own: nothing ever changes such a file."""


class LooseObjects:
    """The loose objects of the mirror at `root`, and those that are to be written."""

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        self._new: dict[str, bytes] = {}

    def read(self, kind: bytes, identifier: bytes) -> bytes | None:
        """Return the content of an object, None where no file has it, or not unharmed."""
        name = identifier.hex()
        data = self._new.get(name) or self._stored(name)
        header, _, content = (data or b"").partition(b"\0")
        return content if header.startswith(kind + b" ") else None

    def add(self, kind: bytes, content: bytes) -> bytes:
        """Return the id of an object that `write` will write."""
        data = b"%s %d\0%s" % (kind, len(content), content)
        identifier = sha1(data, usedforsecurity=False)
        self._new[identifier.hexdigest()] = data
        return identifier.digest()

    def write(self) -> None:
        """Write the new objects; afterwards they are on the disk. Raises `OSError`."""
        missing = {name: data for name, data in self._new.items() if self._stored(name) != data}
        with ExitStack() as stack:
            folders: dict[str, int] = {}
            made = False
            for start in sorted({name[:2] for name in missing}):
                with suppress(FileExistsError):
                    (self._objects / start).mkdir()
                    made = True
                folders[start] = os.open(self._objects / start, _FOLDER)
                stack.callback(os.close, folders[start])
            _write(missing, folders)
            for descriptor in folders.values():
                os.fsync(descriptor)
        if made:
            atomic.sync_folder(self._objects)
        self._new.clear()

    def _stored(self, name: str) -> bytes | None:
        try:
            data = zlib.decompress(read_file(self._objects / name[:2] / name[2:]))
        except (OSError, zlib.error):
            return None
        return data if sha1(data, usedforsecurity=False).hexdigest() == name else None


def _write(objects: Mapping[str, bytes], folders: Mapping[str, int]) -> None:
    """Write each object, then give each its name. Raises `OSError`, with none of them left half."""
    names: dict[str, str] = {}
    try:
        for name, data in objects.items():
            names[name] = f"tmp_obj_{os.urandom(8).hex()}"  # as git's, which sweeps them up
            descriptor = os.open(names[name], _NEW, _MODE, dir_fd=folders[name[:2]])
            with os.fdopen(descriptor, "wb") as file:
                file.write(zlib.compress(data))
                file.flush()
                os.fsync(descriptor)
        for name in objects:
            folder = folders[name[:2]]
            os.rename(names[name], name[2:], src_dir_fd=folder, dst_dir_fd=folder)
            del names[name]
    except BaseException:
        for name, temporary in names.items():
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folders[name[:2]])
        raise
