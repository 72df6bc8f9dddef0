"""The states of one environment, a few bytes each: where they are, and what they are."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import NamedTuple

_DIGEST = 32
_NONE = -1


class StateAt(NamedTuple):
    """A revision of an environment, or of another text."""

    revision: int
    position: int
    """The event that made it."""
    digest: bytes
    """SHA-256 of its text."""
    source: int | None = None
    """Revision of the source of truth that it was generated from, None for none."""


class Lineage:
    """The valid states of an environment, in order.

    Copies share what they have in common, which never changes: the next state is put behind it, and
    where another copy did so before, this one takes what it has with it.
    """

    __slots__ = (
        *("_count", "_digests", "_is_shared", "_positions", "_regular", "_revisions", "_sources"),
    )

    def __init__(self) -> None:
        self._count = 0
        self._is_shared = False
        self._revisions, self._positions = array("q"), array("q")
        self._sources = array("q")
        self._digests = bytearray()
        self._regular = True
        """Whether the n-th state is revision n. The first edition did not check that."""

    def __len__(self) -> int:
        return self._count

    @property
    def newest(self) -> StateAt | None:
        """The present state, None where there is none."""
        return self._at(len(self) - 1) if len(self) else None

    @property
    def revision(self) -> int:
        """The present revision, 0 where there is none."""
        return self._revisions[self._count - 1] if len(self) else 0

    def find(self, revision: int) -> StateAt | None:
        """Return a revision, None where there is none; the newest where there are two."""
        if self._regular:
            return self._at(revision - 1) if 1 <= revision <= len(self) else None
        for index in range(len(self) - 1, -1, -1):
            if self._revisions[index] == revision:
                return self._at(index)
        return None

    def around(self, position: int) -> tuple[StateAt | None, StateAt | None]:
        """Return the state before the one that an event made, and that one; None for none."""
        index = bisect_left(self._positions, position, 0, self._count)
        if index == len(self) or self._positions[index] != position:
            return None, None
        return self._at(index - 1) if index else None, self._at(index)

    def add(self, state: StateAt) -> None:
        """Take in the next state."""
        self._regular &= state.revision == len(self) + 1
        if self._count != len(self._revisions):
            self._part()
        self._count += 1
        self._revisions.append(state.revision)
        self._positions.append(state.position)
        self._sources.append(_NONE if state.source is None else state.source)
        self._digests += state.digest

    def drop(self) -> None:
        """Forget the newest state."""
        self._count -= 1
        if not self._is_shared:
            for each in (self._revisions, self._positions, self._sources):
                each.pop()
            del self._digests[-_DIGEST:]
        if not self._regular:
            revisions = self._revisions[: self._count]
            self._regular = all(n == each for n, each in enumerate(revisions, 1))

    def copy(self) -> Lineage:
        """Return another one that changes by itself."""
        other = Lineage()
        other._revisions, other._positions = self._revisions, self._positions
        other._sources, other._digests = self._sources, self._digests
        other._count, other._regular = self._count, self._regular
        self._is_shared = other._is_shared = True
        return other

    def _part(self) -> None:
        """Leave what is shared to the other copies."""
        count = self._count
        self._revisions, self._positions = self._revisions[:count], self._positions[:count]
        self._sources, self._digests = self._sources[:count], self._digests[: count * _DIGEST]
        self._is_shared = False

    def packed(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Return it as bytes, for `unpacked`."""
        numbers = (self._revisions, self._positions, self._sources)
        first, second, third = (each[: self._count].tobytes() for each in numbers)
        return first, second, third, bytes(self._digests[: self._count * _DIGEST])

    @classmethod
    def unpacked(cls, *parts: bytes) -> Lineage:
        """Return what `packed` gave as bytes. Raises `ValueError`."""
        lineage = cls()
        revisions, positions, sources, digests = parts
        lineage._revisions.frombytes(revisions)
        lineage._positions.frombytes(positions)
        lineage._sources.frombytes(sources)
        lineage._digests += digests
        sizes = {len(lineage._revisions), len(lineage._positions), len(lineage._sources)}
        if sizes != {len(digests) // _DIGEST} or len(digests) % _DIGEST:
            raise ValueError("of different lengths")
        lineage._count = len(lineage._revisions)
        lineage._regular = all(n == each for n, each in enumerate(lineage._revisions, 1))
        return lineage

    def _at(self, index: int) -> StateAt:
        source = self._sources[index]
        return StateAt(
            self._revisions[index],
            self._positions[index],
            bytes(self._digests[index * _DIGEST : (index + 1) * _DIGEST]),
            None if source == _NONE else source,
        )
