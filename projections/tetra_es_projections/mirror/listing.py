"""What commits of the mirror hold: path and id of each file, and its content."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es_projections.mirror.failures import failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

FILE: Final = "100644"
"""The mode of every file of the mirror, as git writes it."""

NOT_A_FILE: Final = b""
"""In place of an id: a link, a program, another repository, and what else we never write."""


def in_commit(root: Path, git: Git, commit: str) -> dict[str, bytes]:
    """Return path to id of the files in a commit. Raises `TetraEsError`."""
    # Each is `mode type id TAB path NUL`.
    printed = git.read(root, "ls-tree", "-r", "-z", "--full-tree", commit)
    found = {}
    for entry in printed.split(b"\0")[:-1]:
        words, _, path = entry.partition(b"\t")
        mode, _, identifier = words.decode().split(" ")
        found[os.fsdecode(path)] = bytes.fromhex(identifier) if mode == FILE else NOT_A_FILE
    return found


class GitObject(NamedTuple):
    """An object as git has it."""

    identifier: str
    kind: str
    content: bytes


def objects_named(root: Path, git: Git, names: Sequence[str]) -> list[GitObject | None]:
    """Return the objects with these names, None for one that is not there.

    Raises `TetraEsError`.
    """
    data = "".join(f"{name}\n" for name in names).encode()
    printed = git.read(root, "cat-file", "--batch", data=data)
    found: list[GitObject | None] = []
    at = 0
    for _ in names:
        # Each is `id type size LF content LF`, or `name missing LF`.
        start = printed.index(b"\n", at) + 1
        words = printed[at : start - 1].decode(errors="replace").split(" ")
        if words[-1] == "missing":
            found.append(None)
            at = start
        else:
            identifier, kind, size = words
            at = start + int(size) + 1
            found.append(GitObject(identifier, kind, printed[start : at - 1]))
    return found


def blobs(root: Path, git: Git, ids: Iterable[bytes]) -> list[bytes]:
    """Return the contents with these ids. Raises `TetraEsError` where one is missing."""
    names = [identifier.hex() for identifier in ids]
    found = []
    for name, one in zip(names, objects_named(root, git, names), strict=True):
        if one is None or one.kind != "blob":
            raise failure(root, "git cat-file", f"{name} is missing")
        found.append(one.content)
    return found


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
