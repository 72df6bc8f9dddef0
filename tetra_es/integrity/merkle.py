"""The Merkle tree of RFC 6962 over the events: its root, and proofs of some 600 bytes.

It is derived: the leaf at index N - 1 is the hash of event #N, 32 bytes. As RFC 6962, section 2.1,
says:

    root of no leaves    SHA-256()
    a leaf               SHA-256(0x00 leaf)
    a node               SHA-256(0x01 left right)

and a tree is split at the largest power of two below its size.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SIZE: Final = 32


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of what has two subtrees."""
    return sha256(b"\1" + left + right).digest()


class MerkleTree:
    """A tree that is kept whole, at 64 bytes a leaf: every proof of it is a few look-ups."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [bytearray()]
        """Level to the hashes of its whole subtrees, which have 2 ** level leaves each."""
        for leaf in leaves:
            self._levels[0] += leaf_hash(leaf)
        while len(below := self._levels[-1]) >= 2 * _SIZE:
            level = bytearray()
            for at in range(0, len(below) - _SIZE, 2 * _SIZE):
                level += sha256(b"\1" + below[at : at + 2 * _SIZE]).digest()
            self._levels.append(level)

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._levels[0]) // _SIZE

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the tree of the first `size` leaves, of all by default."""
        size = self._within(self.size if size is None else size)
        return self._subtree(0, size) if size else sha256().digest()

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the proof that the leaf at an index is in the tree of the first `size` leaves."""
        size = self._within(self.size if size is None else size)
        if not 0 <= index < size:
            raise ValueError(f"a tree of {size} leaves has none at {index}")
        proof: list[bytes] = []
        begin, end = 0, size
        while end - begin > 1:
            middle = begin + _split(end - begin)
            if index < middle:
                proof.append(self._subtree(middle, end))
                end = middle
            else:
                proof.append(self._subtree(begin, middle))
                begin = middle
        return proof[::-1]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """Return the proof that the tree of the first `size` leaves begins with that of `old`."""
        size = self._within(self.size if size is None else size)
        if not 0 < old <= size:
            raise ValueError(f"there is no proof from {old} leaves to {size}")
        proof: list[bytes] = []
        begin, end = 0, size
        while end != old:
            middle = begin + _split(end - begin)
            if old <= middle:
                proof.append(self._subtree(middle, end))
                end = middle
            else:
                proof.append(self._subtree(begin, middle))
                begin = middle
        if begin:
            proof.append(self._subtree(begin, end))
        return proof[::-1]

    def _within(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise ValueError(f"the tree has {self.size} leaves, not {size}")
        return size

    def _subtree(self, begin: int, end: int) -> bytes:
        """Return the root of some leaves, which begin where a whole subtree of them does."""
        count = end - begin
        if not count & (count - 1):
            level = count.bit_length() - 1
            at = (begin >> level) * _SIZE
            return bytes(self._levels[level][at : at + _SIZE])
        middle = begin + _split(count)
        return node_hash(self._subtree(begin, middle), self._subtree(middle, end))


def _split(count: int) -> int:
    """Return the largest power of two below a number of leaves."""
    return 1 << ((count - 1).bit_length() - 1)


def root_of_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to (RFC 9162, section 2.1.3.2).

    Raises `ValueError` for a proof that has not the length of one.
    """
    if not 0 <= index < size:
        raise ValueError("there is no such leaf")
    at, last, found = index, size - 1, leaf_hash(leaf)
    for one in proof:
        if not last:
            raise ValueError("the proof is too long")
        if at & 1 or at == last:
            found = node_hash(one, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, one)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return found


def is_consistent(old: int, size: int, before: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether a proof leads from one root to another (RFC 9162, section 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and before == root
    path = list(proof) if old & (old - 1) else [before, *proof]
    if not path:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for one in path[1:]:
        if not last:
            return False
        if at & 1 or at == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, one)
        at, last = at >> 1, last >> 1
    return (first, second, last) == (before, root, 0)
