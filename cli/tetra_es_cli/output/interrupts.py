"""What a command that is cut short has recorded, for its last line."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EXIT_CODE = 130
"""As a shell has it for a command that SIGINT ended."""

_positions: set[int] = set()


def forget() -> None:
    """Begin a command: it has recorded nothing."""
    _positions.clear()


def remember(positions: Iterable[int]) -> None:
    """Take events that the command has recorded."""
    _positions.update(positions)


def message() -> str:
    """Return what to say of a command that was interrupted."""
    return f"interrupted; {recorded() or 'nothing was recorded'}"


def recorded() -> str | None:
    """Return what to say of the events that were recorded; None where none was."""
    return f"recorded as {', '.join(_spans(sorted(_positions)))}" if _positions else None


def _spans(positions: Iterable[int]) -> Iterator[str]:
    """Yield positions, three and more in a row as the first and the last."""
    for _, group in groupby(enumerate(positions), key=lambda pair: pair[1] - pair[0]):
        row = [position for _, position in group]
        if len(row) > 2:
            yield f"#{row[0]} to #{row[-1]}"
        else:
            yield from (f"#{position}" for position in row)
