"""What a command that is cut short has recorded, for its last line."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EXIT_CODE = 130
"""As a shell has it for a command that SIGINT ended."""

_positions: set[int] = set()
_doubts: set[str] = set()


def forget() -> None:
    """Begin a command: it has recorded nothing."""
    _positions.clear()
    _doubts.clear()


def remember(positions: Iterable[int]) -> None:
    """Take events that the command has recorded."""
    _positions.update(positions)


def doubt(where: str | None) -> None:
    """Take that events were sent somewhere and may be recorded; with None, that it is known."""
    _doubts.clear()
    _doubts.update([where] if where else [])


def message() -> str:
    """Return what to say of a command that was interrupted."""
    for where in _doubts:
        return (
            f"interrupted; {where} does not say whether it was recorded: `tetra-es pull` will tell"
        )
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
