"""Texts of one line, and the paths among them."""

from __future__ import annotations

import posixpath
import re
from typing import Any

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef]")
_BLANK = re.compile(r"\s")
_PATH_SPECIAL = re.compile(r"""["'\\*?\[\]{}]""")
"""Characters that systemd reads as quotes, escapes or wildcards where it takes a bare path."""
_LONGEST_PATH = 1024
_LONGEST_PART = 255


def is_line(value: Any) -> bool:
    """Return whether `value` is text of one line with no character that does anything.

    Unicode's noncharacters are not UTF-8 to systemd, which would leave out the line.
    """
    return (
        isinstance(value, str)
        and not _CONTROL.search(value)
        and all(ord(char) & 0xFFFE != 0xFFFE for char in value)
    )


def is_absolute(value: Any) -> bool:
    """Return whether `value` is a path from the root that is written in its shortest form."""
    return _is_path(value) and value.startswith("/") and not value.startswith("//") and value != "/"


def is_relative(value: Any) -> bool:
    """Return whether `value` is a path below the folder that it is relative to."""
    return _is_path(value) and value[0] not in "/-" and value != "."


def _is_path(value: Any) -> bool:
    if not is_line(value) or _PATH_SPECIAL.search(value) or len(value) > _LONGEST_PATH:
        return False
    parts = value.split("/")
    return (
        posixpath.normpath(value) == value
        and ".." not in parts
        and all(len(part.encode()) <= _LONGEST_PART for part in parts)
        # Blanks at the end of a line are lost, and those at the end of a name only mislead.
        and not any(part and (_BLANK.match(part[0]) or _BLANK.match(part[-1])) for part in parts)
    )
