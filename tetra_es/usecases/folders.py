"""The folders of an organization, made for the command that fills them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tetra_es.disk.folders import make_folder, remove_empty
from tetra_es.disk.lock import exclusive
from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.layout import OrgLayout


@contextmanager
def locked_folders(layout: OrgLayout) -> Iterator[None]:
    """Make the folders and hold the lock; what was made is gone again where no store came in."""
    had_lock = layout.lock.exists()
    made = _make_folders(layout)
    try:
        with exclusive(layout.lock):
            try:
                yield
            finally:
                if not (had_lock or os.path.lexists(layout.store)):
                    layout.lock.unlink(missing_ok=True)
    finally:
        remove_empty(made)  # a folder with something in it stays


def _make_folders(layout: OrgLayout) -> list[Path]:
    """Make the folders of an organization and of its store, for this account alone.

    Returns those that were missing.
    """
    try:
        made = make_folder(layout.store.parent)
        layout.root.chmod(0o700)
    except OSError as error:
        raise TetraEsError(
            f"cannot create {layout.root}: {error.strerror}",
            hint="--dir or TETRA_DIR names another place",
        ) from error
    return made
