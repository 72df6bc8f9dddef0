"""Reading files that people put there: regular ones, through links; anything else is an error.

Nothing is waited for, such as a FIFO. A link that leads nowhere is never made to lead somewhere: a
folder that somebody handed us must not choose what is written where.
"""

from __future__ import annotations

import errno
import os
import shlex
import stat
from pathlib import Path

from tetra_es.errors import TetraEsError

REBUILD = "`tetra-es rebuild` then puts the recorded content back"
"""What follows once something that is not a file is out of the way of a recorded one."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
# Opened so, neither a FIFO nor a terminal is waited for.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def read(path: Path, *, then: str | None = None) -> bytes | None:
    """Return the content of the file at `path`, through links; None where there is nothing.

    Raises `TetraEsError` for what is not a regular file; the hint says to move it away, and `then`.
    """
    try:
        descriptor = os.open(path, _FLAGS)
        try:
            _check_regular(path, os.fstat(descriptor).st_mode, then)
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        if path.is_symlink():
            raise _leads_nowhere(path, then) from None
        return None
    except OSError as error:
        raise _unreadable(path, error, then) from error


def read_text(root: Path, path: str, *, then: str | None = REBUILD) -> str:
    """Return the text of an edited file below `root`, byte for byte as it is, CR LF included.

    Raises `TetraEsError` when it is not there, not a file or not UTF-8. `then`: what a hint says
    that follows when something else was moved away.
    """
    data = read(root / path, then=then)
    if data is None:
        raise TetraEsError(
            f"{path} is missing", hint="`tetra-es rebuild` puts the recorded content back"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise TetraEsError(
            f"{path} is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}",
            hint="TOML is UTF-8: save the file in that encoding",
        ) from error


def follow(path: Path, *, then: str | None = None) -> Path:
    """Return where the file at `path` really is: `path` itself, or where its links lead.

    Raises `TetraEsError`, as `read` does, where they do not lead to a regular file.
    """
    if not path.is_symlink():
        return path
    try:
        place = Path(os.path.realpath(path, strict=True))
        _check_regular(path, place.stat().st_mode, then)
    except FileNotFoundError:
        raise _leads_nowhere(path, then) from None
    except OSError as error:
        raise _unreadable(path, error, then) from error
    return place


def _check_regular(path: Path, mode: int, then: str | None) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise TetraEsError(f"{path} is {kind}, not a file", hint=_hint("move it away", then))


def _leads_nowhere(path: Path, then: str | None) -> TetraEsError:
    return TetraEsError(
        f"{path} is a link to {os.path.realpath(path)}, where no file is",
        hint=_hint(f"put the file there, or remove the link: `rm {shlex.quote(str(path))}`", then),
    )


def _unreadable(path: Path, error: OSError, then: str | None) -> TetraEsError:
    if error.errno == errno.ELOOP:
        what = f"{path} is a link that leads back to itself"
        return TetraEsError(what, hint=_hint("move it away", then))
    return TetraEsError(f"cannot read {path}: {error.strerror}", hint="check its permissions")


def _hint(first: str, then: str | None) -> str:
    return f"{first}; {then}" if then else first
