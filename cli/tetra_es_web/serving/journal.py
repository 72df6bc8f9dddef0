"""A line for each request, without what nobody but the caller is to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from tetra_es.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

_WITHHELD: Final = frozenset({"q", "grep"})
"""Parameters whose values are not logged: people look for a secret that leaked by them."""
_LONGEST: Final = 500


def log_request(
    write: Callable[[str], object],
    scope: Any,
    *,
    caller: str,
    status: int,
    size: int,
    seconds: float,
) -> None:
    """Write a line: where from, who, what, status, bytes, milliseconds."""
    client = scope.get("client")
    peer = client[0] if client else "unix"
    asked = one_line(f"{scope['method']} {_target(scope)}")[:_LONGEST].replace('"', "%22")
    told = one_line(caller).replace(" ", "_")
    write(f'{peer} {told} "{asked}" {status} {size} {seconds * 1000:.1f}ms\n')


def _target(scope: Any) -> str:
    """Return path and parameters; headers, which may have a token, are in no line."""
    path: str = scope["path"]
    query = scope["query_string"].decode("latin-1")
    if not query:
        return path
    pairs = parse_qsl(query, keep_blank_values=True)
    shown = [(name, "..." if name in _WITHHELD else value) for name, value in pairs]
    return f"{path}?{urlencode(shown)}"
