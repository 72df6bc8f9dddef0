"""The difference between two texts, line by line, in bounded time.

`difflib` compares lines that repeat with each of their likes: two texts of some 100 KB can keep it
busy for minutes. Past a number of comparisons, all lines between the first and the last that
differ are given as replaced, which is true, if less telling.
"""

from __future__ import annotations

from collections import Counter
from difflib import unified_diff
from itertools import takewhile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COMPARISONS: Final = 2_000_000
"""About a second of them."""
_AROUND: Final = 3
_LONG: Final = 200
"""Lines of a text from which on `difflib` leaves out those that are more than one in a hundred."""


class _TooMany(Exception):
    pass


class _Counted(list[str]):
    """Lines that count how often `difflib` compares them with those of another text."""

    def __init__(self, lines: Sequence[str], others: Sequence[str]) -> None:
        super().__init__(lines)
        alike = Counter(others)
        if len(others) >= _LONG:
            alike = Counter({one: n for one, n in alike.items() if n <= len(others) // 100 + 1})
        self._alike = alike
        self._left = _COMPARISONS

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # as of a list
        found = super().__getitem__(index)
        if isinstance(index, int):
            self._left -= 1 + self._alike[found]
            if self._left < 0:
                raise _TooMany
        return found


def unified(
    before: Sequence[str],
    after: Sequence[str],
    names: tuple[str, str] = ("", ""),
    *,
    end: str = "\n",
) -> Iterator[str]:
    """Yield a unified diff of two texts' lines, with three lines around each change.

    `names` are those of the texts, for its first two lines; `end` is what lines that it adds end
    with, empty where the texts' lines have no ends.
    """
    if before == after:
        return
    counted = _Counted(before, after)
    try:
        yield from [*unified_diff(counted, after, *names, lineterm=end)]
    except _TooMany:
        yield from _replaced(before, after, names, end)


def _replaced(
    before: Sequence[str], after: Sequence[str], names: tuple[str, str], end: str
) -> Iterator[str]:
    """Yield one change, from the first line that differs to the last."""
    first = sum(1 for _ in takewhile(_same, zip(before, after, strict=False)))
    pairs = zip(reversed(before[first:]), reversed(after[first:]), strict=False)
    last = sum(1 for _ in takewhile(_same, pairs))
    start = max(first - _AROUND, 0)
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    below = before[len(before) - last :][:_AROUND]
    around = first - start + len(below)
    yield f"--- {names[0]}{end}"
    yield f"+++ {names[1]}{end}"
    yield f"@@ -{_span(start, len(old) + around)} +{_span(start, len(new) + around)} @@{end}"
    yield from (f" {line}" for line in before[start:first])
    yield from (f"-{line}" for line in old)
    yield from (f"+{line}" for line in new)
    yield from (f" {line}" for line in below)


def _same(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1]


def _span(start: int, length: int) -> str:
    """Return the lines of a change as `diff` writes them: from 1, and the one before if none."""
    return f"{start + bool(length)}" if length == 1 else f"{start + bool(length)},{length}"
