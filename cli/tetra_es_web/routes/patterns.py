"""Regular expressions of strangers: those alone that cannot keep a program busy for long."""

from __future__ import annotations

import re
from typing import Final

from tetra_es.errors import UsageError

_LITERAL: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
"""What is escaped, and sets of characters."""
_OPTIONAL: Final = 4
_COUNTED: Final = re.compile(r"\{(?=[0-9,]*\})")


def check_pattern(pattern: str | None) -> str | None:
    """Return a pattern that is found, or not, in time. Raises `UsageError` for others.

    A search tries each way of matching what repeats, and what has alternatives: with several such
    parts there may be more ways than anybody can wait for, and Python does not let itself be
    interrupted meanwhile.
    """
    if pattern is None:
        return None
    bare = _LITERAL.sub("x", pattern)
    repeats = sum(bare.count(sign) for sign in "*+") + len(_COUNTED.findall(bare))
    if repeats > 1 or bare.count("?") > _OPTIONAL or "(" in bare:
        raise UsageError(
            f"the pattern is too complex: {pattern!r}",
            hint="the service takes one * or +, and no groups; "
            "`tetra-es history --grep` takes any pattern",
        )
    return pattern
