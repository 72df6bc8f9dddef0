"""Commits and trees computed without git, for checking a mirror and for writing to it.

A git object's id is the SHA-1 of its kind, its length and its bytes (gitformat-loose(5)); a tree
lists mode, name and id of its entries sorted by name, a folder's name taken with a slash at its
end; a commit names its tree and its parent. So an id stands for every byte before it, and equal
ids are equal mirrors.
"""

from __future__ import annotations

from bisect import insort
from hashlib import sha1
from typing import TYPE_CHECKING, Final

from tetra_es_projections.mirror.commit import BODIES
from tetra_es_projections.mirror.format1 import event_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tetra_es_projections.mirror.commit import Commit

_LENGTH: Final = 20
"""Bytes of an id."""

_FILE: Final = b"100644"
_BELOW: Final = b"40000"


def object_id(kind: bytes, content: bytes) -> bytes:
    """Return the id of an object, 20 bytes."""
    header = b"%s %d\0" % (kind, len(content))
    return sha1(header + content, usedforsecurity=False).digest()


def commit_ids(
    commits: Iterable[Commit],
    tree: Tree | None = None,
    parent: str | None = None,
    add: Callable[[bytes, bytes], bytes] = object_id,
) -> Iterator[tuple[int, str]]:
    """Yield position and id of each commit; the first follows `parent`, whose tree is given.

    `add` is called with kind and content of each new object and returns its id.
    """
    root = Tree() if tree is None else tree
    above = parent
    full: list[bytes] = []
    for commit in commits:
        root.remove_folder(BODIES.encode())
        folder = event_path(commit.position).encode().split(b"/")[:-1]
        if full and full != folder:
            root.close(full)
        full = folder
        for path, data in commit.files.items():
            parts = path.encode().split(b"/")
            if data is None:
                root.remove(parts)
            else:
                root.put(parts, add(b"blob", data))
        content = b"tree %s\n%sauthor %s\ncommitter %s\n\n%s" % (
            root.digest(add).hex().encode(),
            b"parent %s\n" % above.encode() if above else b"",
            commit.author,
            commit.committer,
            commit.message,
        )
        above = add(b"commit", content).hex()
        yield commit.position, above


class Tree:
    """A tree of files, which remembers the ids of what did not change."""

    def __init__(self, load: Callable[[bytes], bytes] | None = None, content: bytes = b"") -> None:
        """Begin with the content of a tree object; `load` returns that of another, by its id."""
        self._load = load
        self._order: list[bytes] = []
        self._entries: dict[bytes, bytes] = {}
        self._folders: dict[bytes, Tree] = {}
        self._changed: set[bytes] = set()
        self._digest = object_id(b"tree", content) if content else b""
        for key, entry in _entries_of(content):
            self._order.append(key)
            self._entries[key] = entry

    def put(self, path: list[bytes], digest: bytes) -> None:
        """Put a file with the blob `digest` at `path`, new or changed."""
        name = path[0]
        if len(path) == 1:
            self._set(name, b"%s %s\0%s" % (_FILE, name, digest))
        else:
            folder = self._folder(name)
            if folder is None:
                folder = self._folders[name] = Tree(self._load)
            folder.put(path[1:], digest)
            self._changed.add(name)
        self._digest = b""

    def remove(self, path: list[bytes]) -> None:
        """Remove the file at `path`, and folders that become empty; git knows no others."""
        name, *below = path
        if below:
            folder = self._folder(name)
            if folder is None:
                return
            folder.remove(below)
            self._changed.add(name)
            self._digest = b""
            if folder:
                return
            del self._folders[name]
            self._changed.discard(name)
            name += b"/"
        if self._entries.pop(name, None) is not None:
            self._order.remove(name)
        self._digest = b""

    def remove_folder(self, name: bytes) -> None:
        """Remove a folder and all that is below it; nothing where there is none."""
        self._folders.pop(name, None)
        self._changed.discard(name)
        if self._entries.pop(name + b"/", None) is not None:
            self._order.remove(name + b"/")
            self._digest = b""

    def close(self, path: list[bytes]) -> None:
        """Forget what is in a folder, whose id is known: nothing below it changes any more."""
        name, *below = path
        folder = self._folders.get(name)
        if folder is None:
            return
        if below:
            folder.close(below)
        elif name not in self._changed:
            del self._folders[name]

    def __len__(self) -> int:
        """Return how many files and folders there are."""
        return len(self._entries) + sum(n + b"/" not in self._entries for n in self._folders)

    def digest(self, add: Callable[[bytes, bytes], bytes] = object_id) -> bytes:
        """Return the tree's id, 20 bytes; `add` is told of each tree that is new."""
        if not self._digest:
            for name in self._changed:
                digest = self._folders[name].digest(add)
                self._set(name + b"/", b"%s %s\0%s" % (_BELOW, name, digest))
            self._changed.clear()
            self._digest = add(b"tree", b"".join(map(self._entries.__getitem__, self._order)))
        return self._digest

    def _folder(self, name: bytes) -> Tree | None:
        """Return the tree of a folder, None where there is none."""
        if name not in self._folders and (entry := self._entries.get(name + b"/")):
            if self._load is None:
                raise LookupError(f"the folder {name!r} was closed")
            self._folders[name] = Tree(self._load, self._load(entry[-_LENGTH:]))
        return self._folders.get(name)

    def _set(self, key: bytes, entry: bytes) -> None:
        if key not in self._entries:
            insort(self._order, key)
        self._entries[key] = entry


def blob_digest(data: bytes) -> bytes:
    """Return the id of a file's content, 20 bytes."""
    return object_id(b"blob", data)


def _entries_of(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and entry of what a tree object holds, a folder's name with a slash at its end."""
    at = 0
    while at < len(content):
        end = content.index(b"\0", at) + 1 + _LENGTH
        entry = content[at:end]
        mode, _, name = entry[: -_LENGTH - 1].partition(b" ")
        yield (name + b"/" if mode == _BELOW else name), entry
        at = end
