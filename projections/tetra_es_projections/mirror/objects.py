"""Commit ids computed without git, for checking a mirror against the events.

A git object's id is the SHA-1 of its kind, its length and its bytes (gitformat-loose(5)); a tree
lists mode, name and id of its entries sorted by name, a folder's name taken with a slash at its
end; a commit names its tree and its parent. So an id stands for every byte before it, and equal
ids are equal mirrors.
"""

from __future__ import annotations

from bisect import insort
from hashlib import sha1
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tetra_es_projections.mirror.commit import Commit

_LENGTH: Final = 20
"""Bytes of an id."""


def commit_ids(commits: Iterable[Commit], tree: Tree | None = None) -> Iterator[tuple[int, str]]:
    """Yield position and id of each commit of a mirror that begins with the first of them.

    `tree`, empty at first, is afterwards that of the last commit.
    """
    root = Tree() if tree is None else tree
    parent = b""
    for commit in commits:
        for path, data in commit.files.items():
            parts = path.encode().split(b"/")
            if data is None:
                root.remove(parts)
            else:
                root.put(parts, blob_digest(data))
        body = b"tree %s\n%sauthor %s\ncommitter %s\n\n%s" % (
            root.digest().hex().encode(),
            parent,
            commit.author,
            commit.committer,
            commit.message,
        )
        identifier = _digest(b"commit", body).hex()
        parent = b"parent %s\n" % identifier.encode()
        yield commit.position, identifier


class Tree:
    """A tree of files, which remembers the ids of what did not change."""

    def __init__(self) -> None:
        self._order: list[bytes] = []
        self._entries: dict[bytes, bytes] = {}
        self._folders: dict[bytes, Tree] = {}
        self._changed: set[bytes] = set()
        self._digest = b""

    def put(self, path: list[bytes], digest: bytes) -> None:
        """Put a file with the blob `digest` at `path`, new or changed."""
        name = path[0]
        if len(path) == 1:
            self._set(name, b"100644 %s\0%s" % (name, digest))
        else:
            if name not in self._folders:
                self._folders[name] = Tree()
            self._folders[name].put(path[1:], digest)
            self._changed.add(name)
        self._digest = b""

    def remove(self, path: list[bytes]) -> None:
        """Remove the file at `path`, and folders that become empty; git knows no others."""
        name, *below = path
        self._digest = b""
        if below:
            folder = self._folders[name]
            folder.remove(below)
            self._changed.add(name)
            if folder:
                return
            del self._folders[name]
            self._changed.discard(name)
            name += b"/"
        if self._entries.pop(name, None) is not None:
            self._order.remove(name)

    def __len__(self) -> int:
        """Return how many files and folders there are."""
        return len(self._entries) + sum(n + b"/" not in self._entries for n in self._folders)

    def digest(self) -> bytes:
        """Return the tree's id, 20 bytes."""
        if not self._digest:
            for name in self._changed:
                digest = self._folders[name].digest()
                self._set(name + b"/", b"40000 %s\0%s" % (name, digest))
            self._changed.clear()
            self._digest = _digest(b"tree", b"".join(map(self._entries.__getitem__, self._order)))
        return self._digest

    def files(self, above: str = "") -> Iterator[tuple[str, bytes]]:
        """Yield path and id of each file."""
        for key, entry in self._entries.items():
            if not key.endswith(b"/"):
                yield above + key.decode(), entry[-_LENGTH:]
        for name, folder in self._folders.items():
            yield from folder.files(f"{above}{name.decode()}/")

    def _set(self, key: bytes, entry: bytes) -> None:
        if key not in self._entries:
            insort(self._order, key)
        self._entries[key] = entry


def blob_digest(data: bytes) -> bytes:
    """Return the id of a file's content, 20 bytes."""
    return _digest(b"blob", data)


def _digest(kind: bytes, data: bytes) -> bytes:
    header = b"%s %d\0" % (kind, len(data))
    return sha1(header + data, usedforsecurity=False).digest()
