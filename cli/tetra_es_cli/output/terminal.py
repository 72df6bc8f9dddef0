"""The terminal that standard output is, where it is one: how wide, how high, whether to page."""

from __future__ import annotations

import os
import sys

_pages: list[bool] = [True]
"""Whether long output may go to a pager."""


def forget() -> None:
    """Begin a command, which may use a pager."""
    _pages[0] = True


def forbid_pager() -> None:
    """Have nothing go to a pager."""
    _pages[0] = False


def width() -> int | None:
    """Return how many columns there are; None where standard output is not a terminal."""
    size = _size()
    return size.columns if size else None


def is_long(data: bytes) -> bool:
    """Return whether it does not fit a terminal, and there is one to page it on."""
    size = _size()
    if size is None or not _pages[0] or not sys.stdin.isatty():
        return False
    return sum(1 + len(line) // size.columns for line in data.splitlines()) >= size.lines


def _size() -> os.terminal_size | None:
    try:
        if not sys.stdout.isatty():
            return None
        size = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return None
    return size if size.columns and size.lines else None
