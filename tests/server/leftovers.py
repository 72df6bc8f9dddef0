"""What a host leaves outside its namespaces: a folder and control groups. Here they are removed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tests.server.processes import until

if TYPE_CHECKING:
    from collections.abc import Iterator


def new_folder(base: Path) -> tuple[Path, IO[str]]:
    """Sweep, then make a folder for a new host and lock it."""
    with exclusive(base):
        _sweep(base)
        folder = base / "runs" / secrets.token_hex(4)
        folder.mkdir(parents=True)
        return folder, hold(folder)


def sweep(base: Path) -> None:
    """Remove what hosts left whose tests were killed; a living host holds its lock."""
    with exclusive(base):
        _sweep(base)


@contextmanager
def exclusive(base: Path) -> Iterator[None]:
    """Keep other test runs from adding to, or removing from, what is in the cache."""
    base.mkdir(parents=True, exist_ok=True)
    with (base / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(base: Path) -> None:
    for folder in (base / "runs").glob("*"):
        try:
            hold(folder).close()
        except OSError:
            continue
        remove(folder)


def hold(folder: Path) -> IO[str]:
    """Lock a host's folder for as long as the file is open; OSError if another has it."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise
    return lock


def remove(folder: Path) -> None:
    """Remove a host's folder and the control groups that it notes."""
    with contextlib.suppress(FileNotFoundError):
        for group in (folder / "cgroups").read_text().splitlines():
            _remove_cgroup(Path(group))
    shutil.rmtree(folder, ignore_errors=True)


def _remove_cgroup(group: Path) -> None:
    """Remove a control group and those in it, once their last processes are gone."""
    for _ in until():
        inner = [Path(path) for path, _, _ in os.walk(group, topdown=False)]
        for path in inner:
            with contextlib.suppress(OSError):
                path.rmdir()
        if not group.exists():
            return
