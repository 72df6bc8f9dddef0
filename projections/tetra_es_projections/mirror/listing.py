"""What work tree, index and commits of the mirror hold: path and id of each file.

Of the work tree the bytes themselves are read: what git makes of a file on the way in depends on
attributes, and on programs that a configuration names.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final

from tetra_es_projections.mirror.failures import failure
from tetra_es_projections.mirror.objects import blob_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

FILE: Final = "100644"
"""The mode of every file of the mirror, as git writes it."""

_HEADER: Final = 80
"""Bytes that the line before an object's content has at most."""

_VERSION: Final = (2).to_bytes(4)

NOT_A_FILE: Final = b""
"""In place of an id: a link, a program, another repository, and what else we never write."""


def in_work_tree(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and id of each file there, without following anything. Raises `OSError`."""
    for path, entry in _walk(root, ""):
        status = entry.stat(follow_symlinks=False)
        plain = stat.S_ISREG(status.st_mode) and not status.st_mode & stat.S_IXUSR
        yield path, blob_digest(read_file(entry.path)) if plain else NOT_A_FILE


def in_index(root: Path, git: Git) -> dict[str, bytes]:
    """Return path to id of the files in the index. Raises `TetraEsError`."""
    # Each is `mode id stage TAB path NUL`.
    printed = git.read(root, "ls-files", "--stage", "-z")
    return _entries(printed, (0, 1))


def in_commit(root: Path, git: Git, commit: str) -> dict[str, bytes]:
    """Return path to id of the files in a commit. Raises `TetraEsError`."""
    # Each is `mode type id TAB path NUL`.
    printed = git.read(root, "ls-tree", "-r", "-z", "--full-tree", commit)
    return _entries(printed, (0, 2))


def blobs(root: Path, git: Git, ids: Iterable[bytes]) -> list[bytes]:
    """Return the contents with these ids. Raises `TetraEsError` where one is missing."""
    names = [identifier.hex() for identifier in ids]
    data = "".join(f"{name}\n" for name in names).encode()
    printed = git.read(root, "cat-file", "--batch", data=data)
    found, at = [], 0
    for name in names:
        # Each is `id type size LF content LF`.
        header, _, _ = printed[at : at + _HEADER].partition(b"\n")
        words = header.decode(errors="replace").split(" ")
        if words[:2] != [name, "blob"]:
            raise failure(root, "git cat-file", f"{name} is missing")
        start = at + len(header) + 1
        at = start + int(words[2]) + 1
        found.append(printed[start : at - 1])
    return found


def staged(index: bytes, path: str) -> bytes | None:
    """Return the id of a file as an index has it, None where that cannot be told.

    The layout is that of gitformat-index(5), version 2: before each name stand its id and, in two
    bytes, the length of the name.
    """
    name = path.encode()
    if index[4:8] != _VERSION:
        return None
    at = index.find(name + b"\0")
    while at > 0:
        if int.from_bytes(index[at - 2 : at]) == len(name):
            return index[at - 22 : at - 2]
        at = index.find(name + b"\0", at + 1)
    return None


def read_file(path: str | Path) -> bytes:
    """Return the bytes of a file; a link is not followed, a pipe not waited for.

    Raises `OSError`.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a file", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def _entries(printed: bytes, fields: tuple[int, int]) -> dict[str, bytes]:
    found = {}
    for entry in printed.split(b"\0")[:-1]:
        words, _, path = entry.partition(b"\t")
        mode, identifier = (words.split(b" ")[field].decode() for field in fields)
        plain = mode == FILE
        found[os.fsdecode(path)] = bytes.fromhex(identifier) if plain else NOT_A_FILE
    return found


def _walk(root: Path, above: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(root / above if above else root) as entries:
        for entry in entries:
            path = f"{above}{entry.name}"
            if entry.name == ".git":
                if above:  # of another repository
                    yield path, entry
            elif entry.is_dir(follow_symlinks=False):
                yield from _walk(root, f"{path}/")
            else:
                yield path, entry
