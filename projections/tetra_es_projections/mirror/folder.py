"""Where the git folder of a repository is: the mirror is bare, most clones of it have a `.git`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def has_work_tree(root: Path) -> bool:
    """Return whether the repository at `root` has a work tree, as mirrors of the first edition."""
    return os.path.lexists(root / ".git")


def git_folder(root: Path) -> Path:
    """Return the folder with `HEAD`, `objects` and `refs` of the repository at `root`."""
    return root / ".git" if has_work_tree(root) else root
