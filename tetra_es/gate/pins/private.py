"""Files of the user alone (0600, in folders of 0700): whole or as they were, durable on return.

Quick answers read such files: what writes is imported where something is written.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing. Raises `TetraEsError`."""
    from tetra_es.disk import folders

    try:
        folders.make_folder(path)
    except OSError as error:
        raise unwritable(path, error) from error


def replace(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put `data` in the place of the file at `path`; its folder is there.

    Without `durable`, a power cut may leave anything there: that is for what can be told from
    damage, and made again. Raises `TetraEsError`.
    """
    from tetra_es.disk.syncing import sync_folder

    partial = path.with_name(f".{path.name}.{os.urandom(8).hex()}.partial")
    try:
        try:
            with os.fdopen(os.open(partial, _NEW, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error


def read(path: Path) -> bytes | None:
    """Return the content of a file, None where there is none. A link is not followed.

    Raises `TetraEsError`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}", hint="check its owner and permissions"
        ) from error


def unwritable(path: Path, error: OSError) -> TetraEsError:
    """Return the error for a file that cannot be written."""
    return TetraEsError(
        f"cannot write {path}: {error.strerror}",
        hint="check the space and the permissions there, and XDG_STATE_HOME where it is set; then "
        "run any command again",
    )
