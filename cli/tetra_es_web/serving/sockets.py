"""The socket that is listened to: an address, a path, or what systemd hands over."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.settings import inherited_sockets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BACKLOG: Final = 128
MODE: Final = 0o660
"""Of a socket file: its owner and its group may connect."""


def inherited() -> socket.socket | None:
    """Return the socket that systemd hands over, None for none. Raises `UsageError` for several."""
    found = inherited_sockets()
    if not found:
        return None
    if len(found) > 1:
        raise UsageError(
            f"systemd hands over {len(found)} sockets", hint="leave one ListenStream= in the unit"
        )
    listening = socket.socket(fileno=found[0])
    listening.set_inheritable(False)
    return listening


def is_local(listening: socket.socket) -> bool:
    """Return whether nobody can connect from elsewhere."""
    from tetra_es_web.serving.access import is_loopback

    if listening.family == socket.AF_UNIX:
        return True
    return is_loopback(listening.getsockname()[0])


def at_address(host: str, port: int) -> socket.socket:
    """Listen at an address. Raises `TetraEsError`."""
    name = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((name, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise TetraEsError(
            f"cannot listen at {host}:{port}: {error.strerror}",
            hint="another program may listen there: give another --port",
        ) from error
    return listening


def at_path(path: Path) -> socket.socket:
    """Listen at a path; a socket that nobody listens to any more is replaced.

    Raises `TetraEsError`.
    """
    _make_room(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~MODE)  # so it never is more open than that
    try:
        listening.bind(str(path))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise TetraEsError(
            f"cannot listen at {path}: {error.strerror or error}",
            hint="check its folder, and that the path has less than 108 characters",
        ) from error
    finally:
        os.umask(before)
    return listening


@contextmanager
def removing(path: Path | None) -> Iterator[None]:
    """Remove the socket that is at a path now, unless another program's is there in the end."""
    made = _identity(path) if path else None
    try:
        yield
    finally:
        if path and _identity(path) == made:
            path.unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = path.lstat()
        return found.st_dev, found.st_ino
    return None


def _make_room(path: Path) -> None:
    try:
        found = path.lstat()
    except OSError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise TetraEsError(f"{path} is not a socket", hint="give another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        try:
            other.connect(str(path))
        except OSError:
            with suppress(OSError):
                path.unlink()
            return
    raise TetraEsError(f"another program listens at {path}", hint="stop it, or give another path")
