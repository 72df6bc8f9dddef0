"""A git folder of our own for reading a mirror that is not: its objects, no more.

Neither configuration nor attributes, hooks, grafts or refs of the mirror are looked at, and
nothing is written there. gitrepository-layout(5) says what makes a folder a repository.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tetra_es_projections.mirror.folder import git_folder
from tetra_es_projections.mirror.refs import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG: Final = """\
[core]
\trepositoryformatversion = 0
\tbare = true
\tcommitGraph = false
\tmultiPackIndex = false
"""
"""What these two say about objects would be believed without looking at the objects."""


@contextmanager
def isolated(root: Path) -> Iterator[dict[str, str]]:
    """Yield the environment variables by which git reads the mirror at `root` in this way.

    Raises `OSError` when there is no room for temporary files.
    """
    from tetra_es_projections.mirror.temporary import folder_for  # 30 ms, for this alone

    git_dir = git_folder(root.absolute())
    with folder_for("git") as folder:
        (folder / "refs").mkdir()
        (folder / "HEAD").write_text(HEAD)
        (folder / "config").write_text(_CONFIG)
        yield {
            "GIT_DIR": str(folder),
            "GIT_OBJECT_DIRECTORY": str(git_dir / "objects"),
        }
