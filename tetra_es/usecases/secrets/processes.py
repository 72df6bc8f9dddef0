"""Work on many secrets in as many processes as there are cores.

Each is a fork of this process. What it works on, and the keys, it has from there; what it hands
back, through a pipe, are finished age files. It ends when this process does.
"""

from __future__ import annotations

import os
import signal
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Item = TypeVar("Item")

FEWEST: Final = 100
"""Items of a process: for fewer, it is quicker to do without."""

_MOST: Final = 8
"""Processes."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LENGTH: Final = struct.Struct(">Q")


def for_each(
    work: Callable[[Item], bytes], items: Sequence[Item], report: Callable[[int], object]
) -> list[bytes]:
    """Return what `work` returns for each item; `report` is told how many are done.

    Raises what `work` raises.
    """
    count = _processes(len(items))
    shares = [items[number::count] for number in range(count)]
    helpers: list[_Helper] = []
    found: list[bytes] = [b""] * len(items)
    done = 0
    try:
        for share in shares[1:]:
            _start(work, share, helpers)
        for number, share in enumerate(shares):
            results = helpers[number - 1].results() if 0 < number <= len(helpers) else None
            if results is None or len(results) != len(share):
                # It is our own share, or that of a process that failed: what failed shows here.
                results = []
                for item in share:
                    results.append(work(item))
                    report(done + len(results))
            found[number::count] = results
            done += len(share)
            report(done)
    finally:
        for helper in helpers:
            helper.end()
    return found


def _processes(items: int) -> int:
    if threading.active_count() > 1:  # a fork has this thread alone, and the locks of them all
        return 1
    return max(1, min(_cores(), _MOST, items // FEWEST))


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Helper:
    """A process that does a share, and the pipe that it answers through."""

    process: int
    pipe: int

    def results(self) -> list[bytes] | None:
        """Wait for what it did; None where it failed."""
        with suppress(OSError), os.fdopen(self.pipe, "rb", closefd=False) as answer:
            data = answer.read()
            return list(_split(data)) if self._wait() == 0 else None
        return None

    def end(self) -> None:
        """End it, whatever it does."""
        os.close(self.pipe)
        if self.process:
            with suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)
            self._wait()

    def _wait(self) -> int:
        with suppress(ChildProcessError):
            _, status = os.waitpid(self.process, 0)
            self.process = 0
            return status
        return -1


def _start(work: Callable[[Item], bytes], share: Sequence[Item], helpers: list[_Helper]) -> None:
    """Add a process that does a share, where one can be started."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        with suppress(OSError):
            reading, writing = os.pipe()
            ours = os.getpid()
            try:
                process = os.fork()
                if not process:
                    _be_helper(work, share, writing, ours)
                helpers.append(_Helper(process, reading))
            except OSError:
                os.close(reading)
            finally:
                os.close(writing)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _be_helper(
    work: Callable[[Item], bytes], share: Sequence[Item], pipe: int, parent: int
) -> None:
    """Do a share and end this process, silently: where it fails, the parent does it again."""
    code = 1
    try:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        results = []
        for item in share:
            if os.getppid() != parent:
                return
            results.append(work(item))
        with os.fdopen(pipe, "wb") as answer:
            for result in results:
                answer.write(_LENGTH.pack(len(result)) + result)
        code = 0
    finally:
        os._exit(code)


def _split(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        (length,) = _LENGTH.unpack_from(data, start)
        start += _LENGTH.size
        yield data[start : start + length]
        start += length
