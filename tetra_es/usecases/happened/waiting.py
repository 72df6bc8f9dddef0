"""What could not be recorded yet: a file for each batch in the state folder, of mode 0600."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.gate.pins import private
from tetra_es.usecases.happened.happened import Happened

if TYPE_CHECKING:
    from pathlib import Path


def put(folder: Path, happened: Happened) -> Path:
    """Keep a batch; return its file. Raises `TetraEsError`."""
    private.make_folder(folder)
    path = folder / f"{happened.facts[0].time.replace(':', '')}-{os.urandom(4).hex()}.json"
    private.replace(path, happened.encoded())
    return path


def drop(path: Path) -> None:
    """Remove the file of a batch that is recorded; a leftover is found to be recorded."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def waiting(folder: Path) -> list[Path]:
    """Return the files that there are, the oldest first."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except OSError:
        return []


def read(path: Path) -> Happened | None:
    """Return what a file keeps, None where it is gone meanwhile.

    Raises `TetraEsError`, and `ValueError` or the like where it is damaged.
    """
    data = private.read(path)
    try:
        return None if data is None else Happened.decoded(data)
    except (TetraEsError, RecursionError) as error:
        raise ValueError(str(error)) from error
