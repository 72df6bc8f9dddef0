"""What was checked out last: index and work tree of the mirror are those of this commit.

The branch moves first. A marker file names the commit that was checked out last, and changes
last: when it names another commit than the branch is at, somebody was killed in between (or moved
the branch), and everything is checked out again. While that is done the marker is empty. It also
has the index's checksum, which tells whether somebody else wrote that since.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from tetra_es_projections.mirror.failures import unusable
from tetra_es_projections.mirror.listing import read_file
from tetra_es_projections.mirror.refs import HEAD, Head, branch_head

if TYPE_CHECKING:
    from pathlib import Path

MARKER: Final = "tetra-es-worktree"
"""The marker file, below `.git`; a repository with it is a mirror of ours."""

_INDEX: Final = b"DIRC"
"""How an index begins; without a sound one, adding files would make one of these files alone."""

_CHECKSUM: Final = 20
"""Bytes of an index's checksum."""

_HEADS: Final = re.compile(r"ref: refs/\S+\n?|[0-9a-f]{40}\n?")
_PARTIAL: Final = "tetra-es-file"


def marked(root: Path) -> Head | None:
    """Return the commit that was checked out last, None where that is not known."""
    try:
        commit, position, *_ = (root / ".git" / MARKER).read_text("ascii").split()
        return Head(commit, int(position))
    except (OSError, ValueError):
        return None


def is_being_reset(root: Path) -> bool:
    """Return whether somebody was killed while everything was checked out."""
    try:
        return not (root / ".git" / MARKER).stat().st_size
    except OSError:
        return False


def is_main(root: Path) -> bool:
    """Return whether `main` is checked out, with an index that looks sound."""
    try:
        with (root / ".git" / "index").open("rb") as index:
            sound = index.read(len(_INDEX)) == _INDEX
        return sound and (root / ".git" / "HEAD").read_text() == HEAD
    except (OSError, ValueError):
        return False


def is_our_index(root: Path) -> bool:
    """Return whether nobody wrote the index since we did."""
    try:
        words = (root / ".git" / MARKER).read_text("ascii").split()
        return words[2:] == [_checksum(root)]
    except (OSError, ValueError):
        return False


def is_untouched(root: Path, position: int) -> bool:
    """Return whether all is as we left it after the event at `position`, as far as it is looked at.

    Without git, and in no time: for the start of each command.
    """
    last = marked(root)
    try:
        head = branch_head(root)
    except OSError:
        return False
    return last == Head(head or "", position) and is_main(root)


def mark(root: Path, head: Head | None) -> None:
    """Remember that index and work tree are those of `head`; None while they become so."""
    try:
        text = f"{head.commit} {head.position} {_checksum(root)}\n" if head else ""
    except OSError as error:
        raise unusable(root, error) from error
    write(root, f".git/{MARKER}", text.encode())


def mend_head(root: Path) -> None:
    """See to it that git takes the folder for a repository, which it does by its HEAD."""
    try:
        text = read_file(root / ".git" / "HEAD").decode(errors="replace")
    except OSError as error:
        raise unusable(root, error) from error
    if not _HEADS.fullmatch(text):
        write(root, ".git/HEAD", HEAD.encode())


def write(root: Path, path: str, data: bytes) -> None:
    """Write a file of the mirror, whole or not at all, and not where a link in its place leads.

    Raises `TetraEsError`.
    """
    partial = root / ".git" / _PARTIAL
    try:
        partial.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(partial, flags, 0o666), "wb") as file:  # noqa: PTH123
            file.write(data)
        partial.replace(root / path)
    except OSError as error:
        raise unusable(root, error) from error


def _checksum(root: Path) -> str:
    """Return what an index ends with, by gitformat-index(5)."""
    with (root / ".git" / "index").open("rb") as index:
        index.seek(-_CHECKSUM, os.SEEK_END)
        return index.read().hex()
