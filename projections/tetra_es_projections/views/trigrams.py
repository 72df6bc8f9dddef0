"""In which parts of the history a text may be: what a search need not read.

Of each block of events the views have which three characters in a row its texts have, as bits: a
text of which one is missing there is not in the block. Bits stand for several, so that a block may
be read in vain, and never be left out. Bits of many blocks that are asked for together are beside
each other: a search reads some hundred bytes of each block, whatever there is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

BLOCK: Final = 256
"""Events of a block."""
SLICES: Final = 32
_SLICE: Final = 128
"""Bytes of the bits of a block that are together."""
_BITS: Final = 8 * SLICES * _SLICE
_OPEN: Final = -1
"""The slice of all bits of a block that has not all of its events yet."""
_MOST: Final = 8
"""Slices that are read for a text."""
_FEW: Final = 100
"""Blocks that are looked up one by one."""
_HAVING: Final = tuple(bytes(one for one in range(256) if one >> bit & 1) for bit in range(8))
"""The bytes that have a bit, by its number."""

VALUES: Final = "values"
TEXTS: Final = "texts"
"""What is searched apart: what keys had before and after an event; its summary and reason."""


def bits_of(text: str) -> set[int]:
    """Return the numbers of the bits that stand for a text; none for one that is too short."""
    folded = text.casefold()
    return {_bit(folded[at : at + 3]) for at in range(len(folded) - 2)}


def _bit(three: str) -> int:
    return crc32(three.encode(errors="surrogatepass")) % _BITS


class Trigrams:
    """Notes what is in the texts of one event after the other."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._block = 0
        self._new: dict[str, set[str]] = {VALUES: set(), TEXTS: set()}

    def take_in(
        self, position: int, texts: Iterable[str], values: Iterable[str | None] = ()
    ) -> None:
        """Note what is in the texts of an event, and in the values of the keys that it changed."""
        self._block = position // BLOCK
        for part, given in ((TEXTS, texts), (VALUES, values)):
            known = self._new[part]
            for text in given:
                if text:
                    folded = text.casefold()
                    known.update(folded[at : at + 3] for at in range(len(folded) - 2))
        if position % BLOCK == BLOCK - 1:
            self._close()

    def write(self) -> None:
        """Write what is known of the last block, which goes on."""
        for part, new in self._new.items():
            if new:
                self._insert(part, _OPEN, self._bits(part))

    def _close(self) -> None:
        """Write what is known of a block that is whole."""
        for part in self._new:
            bits = self._bits(part)
            for number in range(SLICES):
                self._insert(part, number, bits[number * _SLICE : (number + 1) * _SLICE])
            self._connection.execute(
                "DELETE FROM trigrams WHERE part = ? AND slice = ?", (part, _OPEN)
            )

    def _bits(self, part: str) -> bytes:
        """Return the bits of the block with what is new, which is not new any more."""
        row = self._connection.execute(
            "SELECT bits FROM trigrams WHERE part = ? AND slice = ? AND block = ?",
            (part, _OPEN, self._block),
        ).fetchone()
        bits = bytearray(row[0] if row else bytes(SLICES * _SLICE))
        for three in self._new[part]:
            number = _bit(three)
            bits[number >> 3] |= 1 << (number & 7)
        self._new[part].clear()
        return bytes(bits)

    def _insert(self, part: str, number: int, bits: bytes) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO trigrams VALUES (?, ?, ?, ?)",
            (part, number, self._block, bits),
        )


def ranges(
    connection: sqlite3.Connection, part: str, spellings: Iterable[str], upto: int
) -> Iterator[tuple[int, int]]:
    """Yield the first and the last position of each part of the history that may have a text.

    Newest first, up to a position. The text has one of the spellings; that is what has to be read.
    """
    wanted = [bits_of(text) for text in dict.fromkeys(spellings)]
    if not all(wanted):
        yield 0, upto
        return
    row = connection.execute(
        "SELECT max(block) FROM trigrams WHERE part = ? AND slice = 0", (part,)
    ).fetchone()
    whole = -1 if row[0] is None else row[0]
    begin = (whole + 1) * BLOCK
    if upto >= begin:  # of what is not whole yet
        yield begin, upto
    found = set().union(*(_blocks(connection, part, bits, upto // BLOCK) for bits in wanted))
    for last in sorted(found, reverse=True):
        if last + 1 not in found:
            first = last
            while first - 1 in found:
                first -= 1
            yield first * BLOCK, min(upto, last * BLOCK + BLOCK - 1)


def _blocks(connection: sqlite3.Connection, part: str, bits: set[int], last: int) -> set[int]:
    """Return the blocks up to one that have all of some bits."""
    slices: dict[int, list[int]] = {}
    for bit in bits:
        number, place = divmod(bit, 8 * _SLICE)
        slices.setdefault(number, []).append(place)
    found: set[int] | None = None
    for number, places in sorted(slices.items())[:_MOST]:
        among = _among(found)
        # SQLite tells which have the bits: to hand over those of all blocks takes much longer.
        has = " AND instr(?, substr(bits, ?, 1))" * len(places)
        asked = [one for place in places for one in (_HAVING[place & 7], (place >> 3) + 1)]
        sql = f"SELECT block FROM trigrams WHERE part = ? AND slice = ? AND block <= ?{among}{has}"
        having = {at for (at,) in connection.execute(sql, (part, number, last, *asked))}
        found = having if found is None else found & having
        if not found:
            break
    return found or set()


def _among(blocks: set[int] | None) -> str:
    """Return the condition that a block is one of some."""
    if blocks is None:
        return ""
    if len(blocks) <= _FEW:
        return f" AND block IN ({', '.join(map(str, blocks))})"
    return f" AND block BETWEEN {min(blocks)} AND {max(blocks)}"
