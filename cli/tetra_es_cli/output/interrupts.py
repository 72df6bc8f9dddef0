"""What a command that is interrupted has recorded, for its last line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    if not _positions:
        return "interrupted; nothing was recorded"
    return f"interrupted; recorded as {', '.join(f'#{one}' for one in sorted(_positions))}"
