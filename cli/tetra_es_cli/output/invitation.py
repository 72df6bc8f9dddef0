"""The command with which somebody joins an organization that is shared."""

from __future__ import annotations

import shlex


def invitation(address: str, expect: object) -> str:
    """Return the command, given an event that the history has, as `POSITION:HASH`."""
    return shlex.join(("tetra-es", "clone", address, "--expect", str(expect)))
