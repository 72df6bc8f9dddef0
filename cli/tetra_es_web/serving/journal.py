"""A line for each request, without what nobody but the caller is to know."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from tetra_es.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[str], object]

_WITHHELD: Final = frozenset({"q", "grep"})
"""Parameters whose values are not logged: people look for a secret that leaked by them."""
_LONGEST: Final = 500
_FRAMES: Final = 4


def log_request(
    write: Write,
    scope: Any,
    *,
    caller: str,
    status: int,
    size: int,
    seconds: float,
) -> None:
    """Write a line: where from, who, what, status, bytes, milliseconds."""
    asked = one_line(f"{scope['method']} {_target(scope)}")[:_LONGEST].replace('"', "%22")
    told = one_line(caller).replace(" ", "_")
    peer = _peer(scope.get("client"))
    write(f'{peer} {told} "{asked}" {status} {size} {seconds * 1000:.1f}ms\n')


def log_strange(write: Write, client: tuple[str, int] | None, *, status: int, size: int) -> None:
    """Write the line of an invalid request, without what it said."""
    write(f'{_peer(client)} - "-" {status} {size} 0.0ms\n')


def log_error(write: Write, message: str) -> None:
    """Write a line about the service itself."""
    write(f"tetra-es: error: {one_line(message)[:_LONGEST]}\n")


def log_defect(write: Write, error: BaseException) -> None:
    """Write what kind of error it is and where it was, not what it says: that may be anything."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in reversed(frames)]
    log_error(write, f"unexpected {type(error).__name__} in {', from '.join(places)}")


def _peer(client: tuple[str, int] | None) -> str:
    return client[0] if client else "unix"


def _target(scope: Any) -> str:
    """Return path and parameters; headers, which may have a token, are in no line."""
    path: str = scope["path"]
    query = scope["query_string"].decode("latin-1")
    if not query:
        return path
    pairs = parse_qsl(query, keep_blank_values=True)
    shown = [(name, "..." if name in _WITHHELD else value) for name, value in pairs]
    return f"{path}?{urlencode(shown)}"
