"""Running `tetra-es` inside this process, as if it were one of its own.

A process costs 250 ms before it does anything; most tests want to know what a command says and
records, not what the interpreter does. What a command may see of its process is that of a new one
here: the three standard streams down to their file descriptors, so that what it starts inherits
them, the environment, the working folder, the time zone. What it may leave behind is put back, and
what it may not leave behind (open files, threads, children) fails the test.

Not the same as a process are: the locale that the interpreter started with, what replaces or
splits the process, signals, limits, and modules that are imported already. A test of one of those
runs `Machine.process`.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import io
import os
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from tests.forks import HELD
from tetra_es_cli.context import core_dumps
from tetra_es_cli.main import run as run_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType
    from typing import Any, Self

_PATIENCE = 30
"""Seconds that threads and children have to end after their command: they are told to before."""

_FORBIDDEN: tuple[tuple[ModuleType, str], ...] = (
    *((os, name) for name in ("execv", "execve", "execvpe", "_exit", "fork")),
    (signal, "signal"),
)
"""What no command may call here."""

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4  # prctl(2)
_LIBRARY = ctypes.CDLL(None)


class Outcome(NamedTuple):
    """What a command left."""

    code: int
    out: bytes
    err: bytes


class NeedsAProcess(BaseException):
    """The command does what would be done to the tests themselves: run it by `Machine.process`."""


def run(words: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: bytes | None) -> Outcome:
    """Run a command with exactly this environment; without `stdin`, its input is empty."""
    with ExitStack() as stack:
        stack.enter_context(_nothing_left_open())
        stack.enter_context(_process_state())
        stack.enter_context(_forbidden())
        streams = stack.enter_context(_Streams(stdin or b""))
        stack.enter_context(_surroundings(env, cwd))
        code = _exit_code(words)
        out, err = streams.said()
    return Outcome(code, out, err)


def _exit_code(words: Sequence[str]) -> int:
    """Run the command; return its exit code as the interpreter would make it of an exception."""
    try:
        code = run_command(words)
    except NeedsAProcess:
        raise
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


class _Streams:
    """Standard input, output and error as files in memory, in the place of the process's own."""

    def __init__(self, data: bytes) -> None:
        self._files = [os.memfd_create(name) for name in ("in", "out", "err")]
        with open(self._files[0], "wb", closefd=False) as file:
            file.write(data)
        os.lseek(self._files[0], 0, os.SEEK_SET)
        for output in self._files[1:]:
            fcntl.fcntl(output, fcntl.F_SETFL, os.O_APPEND)

    def __enter__(self) -> Self:
        self._kept = [os.dup(number) for number in range(3)]
        self._objects = (sys.stdin, sys.stdout, sys.stderr)
        for stream in self._objects[1:]:
            stream.flush()
        for number, file in enumerate(self._files):
            os.dup2(file, number)
        # As the interpreter makes them for LC_ALL=C.UTF-8.
        sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), "utf-8", "surrogateescape")
        sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), "utf-8", "surrogateescape")
        sys.stderr = io.TextIOWrapper(
            open(2, "wb", closefd=False), "utf-8", "backslashreplace", line_buffering=True
        )
        return self

    def said(self) -> tuple[bytes, bytes]:
        """Return what was written to standard output and standard error."""
        out, err = (os.pread(file, os.fstat(file).st_size, 0) for file in self._files[1:])
        return out, err

    def __exit__(self, *_: object) -> None:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.close()
        sys.stdin, sys.stdout, sys.stderr = self._objects
        for number, kept in enumerate(self._kept):
            os.dup2(kept, number)
        for file in (*self._kept, *self._files):
            os.close(file)


@contextmanager
def _surroundings(env: Mapping[str, str], cwd: Path) -> Iterator[None]:
    """Give the command its environment, time zone and folder."""
    before, folder, temporary = dict(os.environ), os.open(".", os.O_RDONLY), tempfile.tempdir
    try:
        _set_environment(env)
        os.chdir(cwd)
        tempfile.tempdir = None
        yield
    finally:
        tempfile.tempdir = temporary
        _set_environment(before)
        os.fchdir(folder)
        os.close(folder)


def _set_environment(env: Mapping[str, str]) -> None:
    zone, present = os.environ.get("TZ"), dict(os.environ)
    for name in present.keys() - env.keys():
        del os.environ[name]
    for name, value in env.items():
        if present.get(name) != value:
            os.environ[name] = value
    if env.get("TZ") != zone:
        time.tzset()


@contextmanager
def _process_state() -> Iterator[None]:
    """Put back what a command changes for the rest of its process."""
    cores, dumpable = resource.getrlimit(resource.RLIMIT_CORE), _prctl(_PR_GET_DUMPABLE)
    core_dumps.forbid.cache_clear()
    try:
        yield
    finally:
        core_dumps.forbid.cache_clear()
        resource.setrlimit(resource.RLIMIT_CORE, cores)
        if _prctl(_PR_GET_DUMPABLE) != dumpable:
            _prctl(_PR_SET_DUMPABLE, dumpable)


def _prctl(option: int, value: int = 0) -> int:
    return int(_LIBRARY.prctl(option, value, 0, 0, 0))


@contextmanager
def _forbidden() -> Iterator[None]:
    """Keep a command from replacing, ending or splitting the process of the tests."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NeedsAProcess(NeedsAProcess.__doc__)

    kept = [(module, name, getattr(module, name)) for module, name in _FORBIDDEN]
    for module, name in _FORBIDDEN:
        setattr(module, name, refuse)
    try:
        yield
    finally:
        for module, name, function in kept:
            setattr(module, name, function)


@contextmanager
def _nothing_left_open() -> Iterator[None]:
    """Check that a command leaves neither open files nor threads."""
    files, threads = _open_files(), set(threading.enumerate())
    yield
    deadline = time.monotonic() + _PATIENCE
    for thread in set(threading.enumerate()) - threads:
        thread.join(max(0, deadline - time.monotonic()))
        assert not thread.is_alive(), f"the command left {thread}"
    if left := _open_files().items() - files.items():
        gc.collect()
        assert not (left := _open_files().items() - files.items()), f"the command left open: {left}"


def _open_files() -> dict[str, str]:
    """Return what each file descriptor is open on."""
    found = {}
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - the quickest way
        with suppress(FileNotFoundError):  # the one that lists them
            found[name] = os.readlink(f"/proc/self/fd/{name}")  # noqa: PTH115
    return {name: path for name, path in found.items() if name not in HELD}
