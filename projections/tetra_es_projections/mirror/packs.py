"""Objects of the mirror in packs, written and read without git.

What a command adds is one small pack: two files and a folder to wait for, where a file for each
object would be some twenty. The layout is that of gitformat-pack(5): in the pack, each object has
its kind and length and its content, compressed with zlib; the index, version 2, lists the ids in
order with the place of each. git packs them together now and then, some as differences from others:
those git itself has to read.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import zlib
from bisect import bisect_left, bisect_right
from contextlib import contextmanager, suppress
from functools import cached_property
from hashlib import sha1
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_KINDS: Final = {b"commit": 1, b"tree": 2, b"blob": 3}
_ID: Final = 20
"""Bytes of an id."""

_INDEX: Final = b"\xfftOc\0\0\0\2"
_FANOUT: Final = 256 * 4
_BEYOND: Final = 1 << 31
"""An offset with this bit is in a table that only packs of gigabytes have."""

_LARGEST: Final = 1 << 26
"""Bytes of an object that is read here."""
_CHUNK: Final = 1 << 16

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE: Final = 0o444
"""git's own: nothing ever changes such a file."""


class Packs:
    """The packed objects of the mirror at `root`, and those that are to be written.

    `also` is another repository whose objects it has as well.
    """

    def __init__(self, root: Path, *, also: Path | None = None) -> None:
        self._folder = root / "objects" / "pack"
        self._also = None if also is None else Packs(also)
        self._new: dict[bytes, tuple[bytes, bytes]] = {}

    def read(self, kind: bytes, identifier: bytes) -> bytes | None:
        """Return the content of an object, None where no pack has it whole and by itself."""
        for name in self._names:
            with suppress(OSError, zlib.error):
                content = _object_in(self._folder / name, kind, identifier)
                if content is not None:
                    return content
        return None if self._also is None else self._also.read(kind, identifier)

    def add(self, kind: bytes, content: bytes) -> bytes:
        """Return the id of an object that `write` will write."""
        identifier = _object_id(kind, content)
        self._new[identifier] = (kind, content)
        return identifier

    def write(self) -> None:
        """Write the new objects; afterwards they are on the disk. Raises `OSError`."""
        pack, index = _made(self._new)
        name = f"pack-{pack[-_ID:].hex()}"
        folder = os.open(self._folder, _FOLDER)
        try:
            # git goes by the index: without it, there is no pack yet.
            _put(folder, {f"{name}.pack": pack, f"{name}.idx": index})
            os.fsync(folder)
        finally:
            os.close(folder)
        self._new.clear()

    @cached_property
    def _names(self) -> list[str]:
        """The packs without suffixes, the newest first: it has the trees of the newest commit."""
        with suppress(OSError), os.scandir(self._folder) as entries:
            found = [
                (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name.removesuffix(".idx"))
                for entry in entries
                if entry.name.endswith(".idx")
            ]
            return [name for _, name in sorted(found, reverse=True)]
        return []


def _object_id(kind: bytes, content: bytes) -> bytes:
    data = b"%s %d\0%s" % (kind, len(content), content)
    return sha1(data, usedforsecurity=False).digest()


def _object_in(pack: Path, kind: bytes, identifier: bytes) -> bytes | None:
    """Return the content of an object, None where the pack does not have it whole and by itself.

    Raises `OSError`, `zlib.error`.
    """
    offset = _offset_in(pack.with_name(f"{pack.name}.idx"), identifier)
    if offset is None:
        return None
    with _opened(pack.with_name(f"{pack.name}.pack")) as file:
        data = os.pread(file, _CHUNK, offset)
        found, size, at = _header(data)
        if found != _KINDS[kind] or size > _LARGEST:
            return None
        stream = zlib.decompressobj()
        content = stream.decompress(data[at:], size + 1)
        while not stream.eof and len(content) <= size:
            offset += len(data)
            data = os.pread(file, _CHUNK, offset)
            more = stream.decompress(stream.unconsumed_tail + data, size + 1 - len(content))
            if not data and not more:
                break
            content += more
    return content if _object_id(kind, content) == identifier else None


def _offset_in(index: Path, identifier: bytes) -> int | None:
    """Return where an object is in the pack of an index, None where it is not. Raises `OSError`."""
    with _opened(index) as file:
        head = os.pread(file, len(_INDEX) + _FANOUT, 0)
        if len(head) < len(_INDEX) + _FANOUT or not head.startswith(_INDEX):
            return None
        fanout = (0, *struct.unpack(">256I", head[len(_INDEX) :]))
        start, end, count = fanout[identifier[0]], fanout[identifier[0] + 1], fanout[-1]
        ids = os.pread(file, _ID * max(end - start, 0), len(head) + _ID * start)
        here = range(len(ids) // _ID)
        number = bisect_left(here, identifier, key=lambda one: ids[_ID * one : _ID * (one + 1)])
        if ids[_ID * number : _ID * (number + 1)] != identifier:
            return None
        # After the ids come a checksum of 4 bytes for each object, and an offset of 4 for each.
        place = len(head) + (_ID + 4) * count + 4 * (start + number)
        offset = int.from_bytes(os.pread(file, 4, place))
        return offset if offset < _BEYOND else None


def _header(data: bytes) -> tuple[int, int, int]:
    """Return kind and length of the object at the beginning of `data`, and where its content is."""
    first, at = data[0] if data else 0, 1
    kind, size, shift = first >> 4 & 7, first & 15, 4
    more = first & 128
    while more and at < len(data) and size <= _LARGEST:
        size |= (data[at] & 127) << shift
        more, shift, at = data[at] & 128, shift + 7, at + 1
    return kind, size, at


def _made(objects: Mapping[bytes, tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """Return a pack of objects by their ids, and its index."""
    parts = [b"PACK" + struct.pack(">II", 2, len(objects))]
    rows: list[tuple[bytes, int, int]] = []
    offset = len(parts[0])
    for identifier, (kind, content) in objects.items():
        entry = _entry(_KINDS[kind], len(content)) + zlib.compress(content)
        rows.append((identifier, zlib.crc32(entry), offset))
        parts.append(entry)
        offset += len(entry)
    pack = _summed(parts)
    rows.sort()
    firsts = [row[0][0] for row in rows]
    index = [
        _INDEX,
        struct.pack(">256I", *(bisect_right(firsts, number) for number in range(256))),
        *(identifier for identifier, _, _ in rows),
        *(struct.pack(">I", checksum) for _, checksum, _ in rows),
        *(struct.pack(">I", place) for _, _, place in rows),
        pack[-_ID:],
    ]
    return pack, _summed(index)


def _entry(kind: int, size: int) -> bytes:
    """Return what stands before an object's content in a pack."""
    found = bytearray([kind << 4 | size & 15])
    size >>= 4
    while size:
        found[-1] |= 128
        found.append(size & 127)
        size >>= 7
    return bytes(found)


def _summed(parts: list[bytes]) -> bytes:
    data = b"".join(parts)
    return data + sha1(data, usedforsecurity=False).digest()


def _put(folder: int, files: Mapping[str, bytes]) -> None:
    """Write files, then give each its name. Raises `OSError`, with none of them left half."""
    names: dict[str, str] = {}
    try:
        for name, data in files.items():
            names[name] = f"tmp_{os.urandom(8).hex()}"  # as git's, which sweeps them up
            descriptor = os.open(names[name], _NEW, _MODE, dir_fd=folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
        for name in files:
            os.rename(names[name], name, src_dir_fd=folder, dst_dir_fd=folder)
            del names[name]
    except BaseException:
        for name in names.values():
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
        raise


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open a file to read; a link is not followed, a pipe not waited for. Raises `OSError`."""
    descriptor = os.open(path, _OLD)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a file", str(path))
        yield descriptor
    finally:
        os.close(descriptor)
