"""Where the pages of a SQLite file are, by what they are for.

The format is that of https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = {2: "interior index", 5: "interior table", 10: "leaf index", 13: "leaf table"}


class Page(NamedTuple):
    """A page of the file."""

    kind: str
    """One of `KINDS`, `freelist` or `overflow`."""
    tree: str
    """The table or index that it belongs to, if it is a page of a tree."""
    start: int
    """Its first byte in the file."""
    used: tuple[range, ...]
    """The bytes, counted from there, that say something: all but the gap before its cells."""


def pages_of(path: Path) -> list[Page]:
    """Return the pages of a file that nobody writes to."""
    data = path.read_bytes()
    size = int.from_bytes(data[16:18], "big")
    with closing(sqlite3.connect(path)) as connection:
        roots = connection.execute("SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0")
        trees = [("sqlite_master", 1), *roots]
    found = {page: kind for name, root in trees for page, kind in _tree(data, size, name, root)}
    free = set(_free(data, size))
    for number in range(1, len(data) // size + 1):
        kind = "freelist" if number in free else "overflow"
        whole = (range(size),)
        found.setdefault(number, Page(kind, "", (number - 1) * size, whole))
    return [page for _, page in sorted(found.items())]


def _tree(data: bytes, size: int, name: str, number: int) -> Iterator[tuple[int, Page]]:
    start = (number - 1) * size
    skip = 100 if number == 1 else 0

    def word(at: int, length: int = 2) -> int:
        return int.from_bytes(data[start + at : start + at + length], "big")

    kind, cells = data[start + skip], word(skip + 3)
    interior = kind in (2, 5)
    pointers = skip + (12 if interior else 8)
    used = (range(pointers + 2 * cells), range(word(skip + 5) or size, size))
    yield number, Page(KINDS[kind], name, start, used)
    if interior:
        inner = [word(word(pointers + 2 * cell), 4) for cell in range(cells)]
        for child in [*inner, word(skip + 8, 4)]:
            yield from _tree(data, size, name, child)


def _free(data: bytes, size: int) -> Iterator[int]:
    trunk = int.from_bytes(data[32:36], "big")
    while trunk:
        yield trunk
        start = (trunk - 1) * size
        count = int.from_bytes(data[start + 4 : start + 8], "big")
        for at in range(start + 8, start + 8 + 4 * count, 4):
            yield int.from_bytes(data[at : at + 4], "big")
        trunk = int.from_bytes(data[start : start + 4], "big")
