"""Index and work tree of the mirror: always at the head of `main`.

The branch moves first. A marker file names the commit that was checked out last, and changes
last: when it names another commit than the branch is at, somebody was killed in between (or moved
the branch), and everything is checked out anew.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.failures import failure, unusable
from tetra_es_projections.mirror.refs import BRANCH, HEAD, Head
from tetra_es_projections.mirror.repository import MARKER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

_INDEX: Final = b"DIRC"
"""How an index begins; without a sound one, adding files would make one of these files alone."""


def checked_out(root: Path) -> Head | None:
    """Return the commit that was checked out last, None where that is not known for sure."""
    try:
        commit, position = (root / ".git" / MARKER).read_text("ascii").split()
        with (root / ".git" / "index").open("rb") as index:
            sound = index.read(len(_INDEX)) == _INDEX
        if not sound or (root / ".git" / "HEAD").read_text() != HEAD:
            return None
        return Head(commit, int(position))
    except (OSError, ValueError):
        return None


def mark(root: Path, head: Head) -> None:
    """Remember that index and work tree are those of `head`."""
    marker = root / ".git" / MARKER
    partial = marker.with_name(f"{MARKER}.partial")
    try:
        partial.unlink(missing_ok=True)  # it could be a link
        partial.write_text(f"{head.commit} {head.position}\n")
        partial.replace(marker)
    except OSError as error:
        raise unusable(root, error) from error


def put(root: Path, files: Mapping[str, bytes | None], git: Git) -> None:
    """Bring some files to the head's content, in work tree and index.

    `git read-tree` looks at every file that there is: 60 ms with 20,000 events, where this takes
    10 (an index of that size has to be written either way).
    """
    try:
        for path, data in files.items():
            file = root / path
            _check_folders(root, path)
            file.unlink(missing_ok=True)
            if data is None:
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    except OSError as error:
        raise unusable(root, error) from error
    paths = b"".join(path.encode() + b"\0" for path in files)
    git.run(root, "update-index", "--add", "--remove", "-z", "--stdin", data=paths)


def _check_folders(root: Path, path: str) -> None:
    """Raise `TetraEsError` where a link in the place of a folder would lead out of the mirror.

    The link goes, and the index with it, which says that the files behind it are there.
    """
    for folder in PurePosixPath(path).parents[:-1]:
        if (root / folder).is_symlink():
            (root / folder).unlink()
            (root / ".git" / "index").unlink(missing_ok=True)
            raise failure(root, "writing", f"{folder} is a link")


def reset(root: Path, git: Git) -> None:
    """Bring index and work tree to the head, whatever state they are in."""
    git.run(root, "symbolic-ref", "HEAD", BRANCH)
    checkout = ("read-tree", "--reset", "-u", BRANCH)
    try:
        git.run(root, *checkout)
    except TetraEsError:
        # An index that git cannot read; without one it writes every file.
        with suppress(OSError):
            (root / ".git" / "index").unlink()
        git.run(root, *checkout)
