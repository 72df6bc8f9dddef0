"""Which event a commit of the mirror says it is of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tetra_es.errors import IntegrityFailure
from tetra_es_projections.mirror.failures import AGAIN

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

_TRAILERS: Final = re.compile(
    r"\n\nEvent: (\d{1,18})\nEvent-Hash: ([0-9a-f]{64})\n(?:[A-Z][a-z]*: .*\n)+\Z"
)
"""The last paragraph of a message, of this format or a later one."""


def position_of(root: Path, git: Git, commit: str) -> int | None:
    """Return the position of the event that `commit` says it is of, None where it is of none.

    Raises `IntegrityFailure` when it is not there.
    """
    found = event_of(root, git, commit)
    return found[0] if found else None


def event_of(root: Path, git: Git, commit: str) -> tuple[int, str] | None:
    """Return position and hash of the event that `commit` says it is of, None where of none.

    Raises `IntegrityFailure` when it is not there.
    """
    trailers = _TRAILERS.search(_message(root, git, commit))
    return (int(trailers[1]), trailers[2]) if trailers else None


def _message(root: Path, git: Git, commit: str) -> str:
    # Git itself, where GitPython could be used: that passes the user's variables on to git, and
    # takes its time.
    printed = git.read(root, "cat-file", "--batch", data=commit.encode())
    header, _, rest = printed.decode(errors="replace").partition("\n")
    if not header.startswith(f"{commit} commit "):
        raise IntegrityFailure(
            f"commit {commit[:12]} of the mirror {root} is missing",
            hint=AGAIN,
        )
    return rest.partition("\n\n")[2].removesuffix("\n")
