"""Sending a signal to a command at one of its effects: right before or right after it."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, Final

VARIABLE: Final = "AT_EFFECT"
"""Set to SIGNAL:POINT: the signal, and the number of the effect; at none, all are counted.

The signal is for the whole process group. The number of effects is printed at the end of a command
that gets there.
"""

EFFECTS = frozenset({
    "close", "commit", "execute", "executemany", "executescript", "flock", "flush", "fork_exec",
    "fsync", "ftruncate", "link", "mkdir", "open", "pwrite", "rename", "replace", "rmdir", "unlink",
    "utime", "waitpid", "write",
})  # fmt: skip
"""Functions of C that change something outside the process, or wait for one that does."""


class Effects:
    """Counts the effects, each twice: right before and right after it."""

    def __init__(self, signum: int, point: int) -> None:
        self.seen = 0
        self.process = 0
        """The one that is watched, not those that it starts."""
        self._signal = signum
        self._point = point

    def __call__(self, _frame: object, kind: str, function: Any) -> None:
        if kind not in {"c_call", "c_return"} or os.getpid() != self.process:
            return
        if function.__name__ == "_exit":
            say(f"effects {self.seen}\n")
        if function.__name__ not in EFFECTS:
            return
        self.seen += 1
        if self.seen == self._point:
            os.killpg(0, self._signal)


def watch(asked: str) -> None:
    """Watch this process, which becomes a command in a session of its own."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    effects = Effects(*map(int, asked.split(":")))
    effects.process = os.getpid()
    sys.setprofile(effects)


def say(text: str) -> None:
    os.write(1, text.encode())
