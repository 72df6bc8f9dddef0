"""What a commit of the mirror consists of, whatever format it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

BODIES: Final = "bodies"
"""The folder with bodies of a commit's own event: every commit begins with none."""


class Commit(NamedTuple):
    """One event as a commit; its parent is the commit of the event before."""

    position: int
    message: bytes
    author: bytes
    """`name <e-mail> seconds +0000`, as in the commit object."""
    committer: bytes
    files: Mapping[str, bytes | None]
    """Path to content of the files that the commit adds or changes, None for one it removes.

    What the commit before had below `bodies/` is gone unless it is here again.
    """
