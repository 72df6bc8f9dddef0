"""No core dumps of a process that holds secrets: they would put its memory on the disk."""

from __future__ import annotations

import resource
import sys
from functools import cache

_PR_SET_DUMPABLE = 4  # prctl(2)


@cache
def forbid() -> tuple[int, int]:
    """Forbid core dumps of this process; return the limits that it was started with.

    What it starts inherits the limit; see `restore_limit`. Programs that the kernel hands dumps
    to (core(5), "Piping core dumps to a program") are kept away as well, and so are debuggers of
    the same user.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return soft, hard


def restore_limit() -> None:
    """Give the limit back that we were started with, for a program that runs in our place.

    The kernel lifts the rest when that program starts; until then it still holds for us.
    """
    resource.setrlimit(resource.RLIMIT_CORE, forbid())
