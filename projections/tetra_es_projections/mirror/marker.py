"""The mirror's own note of the commit that it was left at, and its HEAD.

The note is written last. Where it names the commit that `main` is at, nobody was killed in between
and nobody moved the branch. A repository that has the file is a mirror of ours.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from tetra_es_projections.mirror.failures import unusable
from tetra_es_projections.mirror.folder import git_folder, has_work_tree
from tetra_es_projections.mirror.listing import read_file
from tetra_es_projections.mirror.refs import HEAD, Head, branch_head

if TYPE_CHECKING:
    from pathlib import Path

MARKER: Final = "tetra-es-mirror"
"""The file with the note."""

FIRST_EDITION: Final = "tetra-es-worktree"
"""The same in a mirror of the first edition, which had a work tree."""

_HEADS: Final = re.compile(r"ref: refs/\S+\n?|[0-9a-f]{40}\n?")
_PARTIAL: Final = "tetra-es-file"


def _file(root: Path) -> Path:
    return git_folder(root) / (FIRST_EDITION if has_work_tree(root) else MARKER)


def marked(root: Path) -> Head | None:
    """Return the commit that the mirror was left at, None where that is not known."""
    try:
        commit, position, *_ = _file(root).read_text("ascii").split()
        return Head(commit, int(position))
    except (OSError, ValueError):
        return None


def is_ours(root: Path) -> bool:
    """Return whether tetra-es made the repository at `root`, as far as that can be told."""
    return _file(root).exists()


def is_main(root: Path) -> bool:
    """Return whether HEAD of the bare mirror is `main`."""
    try:
        return (root / "HEAD").read_text() == HEAD
    except (OSError, ValueError):
        return False


def is_untouched(root: Path, position: int) -> bool:
    """Return whether all is as we left it after the event at `position`, as far as it is looked at.

    Without git, and in no time: for the start of each command.
    """
    if has_work_tree(root):
        return False
    try:
        head = branch_head(root)
    except OSError:
        return False
    return marked(root) == Head(head or "", position) and is_main(root)


def mark(root: Path, head: Head) -> None:
    """Note that the mirror is left at `head`. Raises `TetraEsError`."""
    write(root, MARKER, f"{head.commit} {head.position}\n".encode())


def mend_head(root: Path) -> None:
    """See to it that git takes the folder for a repository, which it does by its HEAD."""
    try:
        text = read_file(root / "HEAD").decode(errors="replace")
    except OSError as error:
        raise unusable(root, error) from error
    if not _HEADS.fullmatch(text):
        reset_head(root)


def reset_head(root: Path) -> None:
    """Set HEAD to `main`. Raises `TetraEsError`."""
    write(root, "HEAD", HEAD.encode())


def write(root: Path, path: str, data: bytes) -> None:
    """Write a file of the mirror, whole or not at all, and not where a link in its place leads.

    Raises `TetraEsError`.
    """
    partial = root / _PARTIAL
    try:
        partial.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(partial, flags, 0o666), "wb") as file:  # noqa: PTH123
            file.write(data)
        partial.replace(root / path)
    except OSError as error:
        raise unusable(root, error) from error
