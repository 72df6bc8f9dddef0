"""Index and work tree of the mirror: always at the head of `main`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.failures import failure, unusable
from tetra_es_projections.mirror.listing import read_file, staged
from tetra_es_projections.mirror.marker import mark, write
from tetra_es_projections.mirror.objects import blob_digest
from tetra_es_projections.mirror.refs import BRANCH, HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git


def put(root: Path, files: Mapping[str, bytes | None], git: Git) -> bool:
    """Bring some files to the head's content, in work tree and index.

    Returns False, with nothing done, where somebody has changed one of them. `git read-tree`
    looks at every file that there is: 60 ms with 20,000 events, where this takes 10 (an index of
    that size has to be written either way).
    """
    try:
        index = (root / ".git" / "index").read_bytes()
        if any(_is_changed(root, path, index) for path in files):
            return False
        for path, data in files.items():
            _check_folders(root, path)
            if data is None:
                (root / path).unlink(missing_ok=True)
            else:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                write(root, path, data)
    except OSError as error:
        raise unusable(root, error) from error
    paths = b"".join(path.encode() + b"\0" for path in files)
    git.run(root, "update-index", "--add", "--remove", "-z", "--stdin", data=paths)
    return True


def reset(root: Path, git: Git) -> None:
    """Bring index and work tree to the head, whatever state they are in."""
    mark(root, None)
    write(root, ".git/HEAD", HEAD.encode())
    checkout = ("read-tree", "--reset", "-u", BRANCH)
    try:
        git.run(root, *checkout)
    except TetraEsError:
        # An index that git cannot read; without one it writes every file.
        with suppress(OSError):
            (root / ".git" / "index").unlink()
        git.run(root, *checkout)


def _is_changed(root: Path, path: str, index: bytes) -> bool:
    try:
        return blob_digest(read_file(root / path)) != staged(index, path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # a link, or a folder
        return True


def _check_folders(root: Path, path: str) -> None:
    """Raise `TetraEsError` where a link in the place of a folder would lead out of the mirror.

    The link goes, and the index with it, which says that the files behind it are there.
    """
    for folder in PurePosixPath(path).parents[:-1]:
        if (root / folder).is_symlink():
            (root / folder).unlink()
            (root / ".git" / "index").unlink(missing_ok=True)
            raise failure(root, "writing", f"{folder} is a link")
