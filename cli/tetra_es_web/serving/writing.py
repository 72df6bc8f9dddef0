"""Writing the log in a thread of its own: a full disk or a slow reader holds up no answer."""

from __future__ import annotations

import os
import select
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOM: Final = 10_000
"""Lines that wait to be written; others are lost."""
_PATIENCE: Final = 2.0
"""Seconds for what waits when the service ends."""
_STDERR: Final = 2


class LogWriter:
    """Takes lines at once, and writes them when it can."""

    def __init__(
        self,
        on_loss: Callable[[int], object],
        *,
        descriptor: int = _STDERR,
        room: int = _ROOM,
    ) -> None:
        """Start the thread. `on_loss` is told how many lines are lost, by any thread."""
        self._on_loss = on_loss
        self._descriptor = descriptor
        self._lines: Queue[str | None] = Queue(room)
        # What waits for a pipe that nobody reads does not keep the process from ending.
        self._thread = Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Have a line written. It never waits."""
        try:
            self._lines.put_nowait(line)
        except Full:
            self._on_loss(1)

    def close(self) -> None:
        """Write what is still there, or most of it."""
        with suppress(Full):
            self._lines.put(None, timeout=_PATIENCE)
            self._thread.join(_PATIENCE)

    def _write_all(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._write(line.encode(errors="backslashreplace"))
            except OSError:  # the disk is full, or nobody reads any more
                self._on_loss(1)

    def _write(self, data: bytes) -> None:
        """Write all of it; not by `sys.stderr`, whose lock is needed when the process ends."""
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
