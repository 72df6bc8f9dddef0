"""System calls that fail, or that a process is killed at, one at a time: strace does it."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.faults import following
from tests.machine import HANG, NO_BYTECODE, Result
from tests.needs import cannot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.conftest import Machine

CALLS: Final = (
    *("write", "pwrite64", "writev", "ftruncate", "copy_file_range", "sendfile"),
    *("fsync", "fdatasync", "syncfs"),
    *("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"),
    *("mkdir", "mkdirat", "rmdir", "symlink"),
)
"""What changes a file system or waits for it."""

KILL: Final = "signal=KILL"
"""The process is killed as it is about to do the call."""

_FULL: Final = "error=ENOSPC"
_BROKEN: Final = "error=EIO"
_FAULTS: Final = (_BROKEN, _FULL, KILL)
_NEVER_FULL: Final = ("fdatasync", "syncfs", "unlink", "unlinkat", "rmdir")
"""Calls that need no space."""

_LINE: Final = re.compile(r"(?P<process>\d+) +(?P<call>\w+)\((?P<first>\d+)?")
_WHOLE: Final = re.compile(
    r"\d+ +(?P<name>\w+)\((?:\d+<(?P<open>[^>]*)>|(?:AT_FDCWD<[^>]*>, )?\"(?P<named>[^\"]*)\").*"
)
"""A line of strace that tells paths: by an open file, or by name."""


class Point(NamedTuple):
    """One fault: what happens at which call of a kind, counted in each process from 1."""

    call: str
    number: int
    fault: str

    def __str__(self) -> str:
        return f"{self.call}-{self.number}-{self.fault.rpartition('=')[2]}"


def points(machine: Machine, trace: Path, words: Sequence[str]) -> list[Point]:
    """Return every point of a command, which is run once, without any fault."""
    done = _followed(machine, ["-o", str(trace), "-e", f"trace={','.join(CALLS)}"], words)
    assert done.code == 0, done.err
    return list(_points_in(trace.read_text()))


def _points_in(trace: str) -> Iterator[Point]:
    counted: dict[tuple[str, str], int] = {}
    found = set()
    for match in _LINE.finditer(trace):
        process, call = match["process"], match["call"]
        counted[process, call] = number = counted.get((process, call), 0) + 1
        if call == "write" and match["first"] == "2":
            continue  # what cannot be said is not heard
        if (call, number) not in found:
            found.add((call, number))
            for fault in _FAULTS:
                if fault != _FULL or call not in _NEVER_FULL:
                    yield Point(call, number, fault)


class Call(NamedTuple):
    """One system call that a command did."""

    name: str
    path: str
    """The file that it is about."""
    said: str
    """All of the line that strace printed."""


def calls(machine: Machine, trace: Path, words: Sequence[str]) -> list[Call]:
    """Run a command; return what it did to files, in order, its children's calls included."""
    done = _traced(machine, ["-y", "-o", str(trace), "-e", f"trace={','.join(CALLS)}"], words)
    assert done.code == 0, done.err
    found = (_WHOLE.match(line) for line in trace.read_text().splitlines())
    return [
        Call(match["name"], match["open"] or match["named"] or "", match[0])
        for match in found
        if match
    ]


def run_with(machine: Machine, point: Point, words: Sequence[str]) -> Result:
    """Run a command, and what it starts, with a fault in it.

    The exit code is negative where a signal ended the command.
    """
    inject = f"inject={point.call}:{point.fault}:when={point.number}"
    options = ["-o", "/dev/null", "-e", f"trace={point.call}", "-e", inject]
    return _followed(machine, options, words)


def _followed(machine: Machine, options: Sequence[str], words: Sequence[str]) -> Result:
    """Run a command in a fork, at a fraction of the time."""
    done, said = following.run(machine, options, words)
    _check_traced(said)
    return done


def _traced(machine: Machine, options: Sequence[str], words: Sequence[str]) -> Result:
    """Run a command as people do."""
    done = subprocess.run(
        ["strace", "-f", *options, *machine.argv(*words)],
        env=machine.environment(NO_BYTECODE),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=machine.home,
        check=False,
        timeout=HANG,
    )
    _check_traced(done.stderr)
    return Result.of(done.returncode, done.stdout, done.stderr)


def _check_traced(said: bytes) -> None:
    if b"ptrace" in said.lower():
        cannot(f"strace may not trace: {said.splitlines()[0].decode()}")
