"""One command at a time changes an organization's folder.

The lock is the kernel's (flock): it goes with the process that holds it, even a killed one.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TIMEOUT = 120.0
"""Seconds to wait for another command. A rebuild of a large history takes that long."""

_POLL = 0.01


@contextmanager
def exclusive(path: Path, *, timeout: float = TIMEOUT) -> Iterator[None]:
    """Hold the lock file at `path`, made where there is none.

    Raises `TetraEsError` that names the holder when it is not free within `timeout` seconds.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise TetraEsError(
            f"cannot lock {path}: {error.strerror}",
            hint="check the owner and the permissions of the organization's folder",
        ) from error
    try:
        acquire(descriptor, timeout, lambda: _held(descriptor, path))
        _check_there(descriptor, path)
        # For the message of a command that waits; a full disk must not stop this one here.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Return whether a command holds the lock at `path`, as far as can be told."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # A command that begins at this instant tries again.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def acquire(descriptor: int, timeout: float, busy: Callable[[], TetraEsError]) -> None:
    """Lock an open file; raise what `busy` returns when it is not free within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise busy() from None
            time.sleep(_POLL)
        else:
            return


def _check_there(descriptor: int, path: Path) -> None:
    """Raise `TetraEsError` where the file was removed meanwhile: another one may be locked."""
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return
    raise TetraEsError(
        f"{path} was removed while this command waited for it", hint="run the same command again"
    )


def _held(descriptor: int, path: Path) -> TetraEsError:
    holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    return TetraEsError(
        f"{path} is held by another tetra-es command (process {holder or 'unknown'})",
        hint="wait for it to finish; the lock goes with the process",
    )
