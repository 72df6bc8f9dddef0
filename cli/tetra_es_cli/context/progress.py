"""A progress bar on a terminal, for what takes long; nothing elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SMALL = 200
"""Events that are done before anybody could read a bar."""


@contextmanager
def reporting() -> Iterator[Callable[[str, int, int], None] | None]:
    """Yield a function to call with what is done, how far, and how far it goes."""
    if not sys.stderr.isatty():
        yield None
        return
    shown = False

    def report(what: str, done: int, total: int) -> None:
        nonlocal shown
        if total < _SMALL:
            return
        shown = True
        width = 30
        filled = width * done // total
        sys.stderr.write(f"\r{what:7} [{'#' * filled}{'.' * (width - filled)}] {done}/{total} ")
        if done >= total:  # what a long command says next has a line of its own
            sys.stderr.write("\r\033[K")
            shown = False
        sys.stderr.flush()

    try:
        yield report
    finally:
        if shown:
            sys.stderr.write("\r\033[K")
