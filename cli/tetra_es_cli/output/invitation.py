"""Commands with which somebody else comes in: a colleague, or a spare key of one's own."""

from __future__ import annotations

import shlex
from typing import Final

SPARE: Final = (
    "a spare key, to be kept offline: "
    "`XDG_CONFIG_HOME=FOLDER tetra-es identity line`, then `tetra-es member add spare -`"
)
"""What to do about a single signer, whose key may be lost."""


def invitation(address: str, expect: object) -> str:
    """Return the command, given an event that the history has, as `POSITION:HASH`."""
    return shlex.join(("tetra-es", "clone", address, "--expect", str(expect)))
