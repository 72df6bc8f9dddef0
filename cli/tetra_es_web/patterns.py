"""Regular expressions of strangers, matched by RE2: its time grows with the text alone.

Python's own engine tries each way of matching what repeats, holds the interpreter's lock meanwhile
and cannot be interrupted: one pattern would stop the whole service.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tetra_es.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST: Final = 200
"""Characters of a pattern: compiling takes time and memory that grow with it."""
_MEMORY: Final = 4 << 20
_MOST: Final = 1000
"""RE2 takes a larger count for text."""
_COUNT: Final = re.compile(r"(?<=[{,])(\d+)(?=[,}])", re.ASCII)
_TOKEN: Final = re.compile(r"\\(.)|\[(\^?\]?(?:\\.|[^\]\\])*)\]|\{,(?=\d+\})", re.DOTALL)
"""An escape; a set, within its brackets; a count that names no least number."""
_IN_SET: Final = re.compile(r"\\(.)|\[", re.DOTALL)
_INSIDE: Final = {"w": r"\p{L}\p{N}_", "d": r"\p{Nd}", "s": r"\s\x0b\x1c-\x1f\x{85}\p{Z}"}
"""What `re` takes for letters, digits and blanks, of all scripts; for RE2 they are of ASCII."""


def matcher(pattern: str) -> Callable[[str], object]:
    """Return what says whether a pattern is found in a text, in either case, as `re` would.

    Raises `UsageError` for what is not a pattern, and for what RE2 leaves out since it has no
    bound: references to groups, and looking ahead or behind.
    """
    if len(pattern) > _LONGEST:
        raise UsageError(
            f"the pattern has {len(pattern)} characters", hint=f"use at most {_LONGEST} characters"
        )
    if any(int(count) > _MOST for count in _COUNT.findall(_TOKEN.sub("", _for_re2(pattern)))):
        raise UsageError(
            f"not a regular expression: {pattern!r}: a count is too large",
            hint=f"count to {_MOST} at most",
        )
    import re2  # pages without a pattern need none

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        found = re2.compile(_for_re2(pattern), options)
    except (re2.error, UnicodeEncodeError) as error:
        raise UsageError(
            f"not a regular expression: {pattern!r}: {_told(error)}",
            hint="the service takes the syntax of RE2; "
            "put a backslash before what stands for itself, such as \\( or \\[",
        ) from None
    return lambda text: found.search(text.encode("utf-8", "surrogatepass"))


def _for_re2(pattern: str) -> str:
    """Return a pattern that says to RE2 what it says to `re`."""
    return _TOKEN.sub(_token, pattern)


def _token(found: re.Match[str]) -> str:
    escaped, within = found.groups()
    if within is not None:
        return f"[{_IN_SET.sub(_one_of_set, within)}]"
    if escaped is None:
        return "{0,"
    if escaped == "Z":
        return r"\z"
    if wide := _INSIDE.get(escaped.lower()):
        return f"[{'^' if escaped.isupper() else ''}{wide}]"
    return found[0]


def _one_of_set(found: re.Match[str]) -> str:
    escaped = found[1]
    if escaped is None:
        return r"\["  # `[[:alpha:]]` has a meaning to RE2
    return _INSIDE.get(escaped, found[0])


def _told(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(error)
