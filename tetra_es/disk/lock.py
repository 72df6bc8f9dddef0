"""One command at a time changes an organization's folder.

The lock is the kernel's (flock): it goes with the process that holds it, even a killed one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMEOUT = 120.0
"""Seconds to wait for another command. A rebuild of a large history takes that long."""

_POLL = 0.01


@contextmanager
def exclusive(path: Path, *, timeout: float = TIMEOUT, reading: bool = False) -> Iterator[None]:
    """Hold the lock file at `path`, made where there is none.

    `reading` is for those who only look: in a folder that nobody can write to they need no lock.
    Raises `TetraEsError` that names the holder when it is not free within `timeout` seconds.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if reading and error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            yield
            return
        raise TetraEsError(
            f"cannot lock {path}: {error.strerror}",
            hint="check the owner and the permissions of the organization's folder",
        ) from error
    try:
        _wait(descriptor, path, timeout)
        # For the message to whoever waits; a full disk must not stop a command here.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, path: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
                raise TetraEsError(
                    f"{path} is held by another tetra-es command (process {holder or 'unknown'})",
                    hint="wait for it to finish; the lock goes with the process",
                ) from None
            time.sleep(_POLL)
        else:
            return
