"""What killed processes leave in the repository, and packing it now and then.

A command that is killed may leave a git process that goes on for a moment. Once that is over, a
lock file of git's is that of a killed git, or of a person who uses git there at this moment:
other commands of ours wait for the organization's lock.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tetra_es.disk.lock import acquire
from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.failures import unusable
from tetra_es_projections.mirror.folder import git_folder
from tetra_es_projections.mirror.refs import BRANCH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git

PATIENCE: Final = 3.0
"""Seconds that a lock file may be old before it counts as left over."""

_LOCKS: Final = ("HEAD.lock", "packed-refs.lock", "config.lock", f"{BRANCH}.lock")
_POLL = 0.02

_RUNNING: Final = "tetra-es-running"
_OPEN: Final = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
_ORPHAN_PATIENCE: Final = 60.0
"""Seconds to wait for the git of a killed command: it may be importing a large history."""

_HASHED: Final = 2
"""Digits that name a folder of loose objects."""

_TEMPORARY: Final = ("tmp_*", ".tmp-*")
_STALE = 600.0
"""Seconds without a write after which a temporary file has nobody any more."""

_LOOK_EVERY: Final = 16
"""Events between two counts of the packs, of which each command makes one."""
_LOOSE: Final = 1000
"""Objects with a file each, as git itself makes them, above which they are packed."""
_PACKS: Final = 50
"""Packs above which they are packed together."""


@contextmanager
def alone(root: Path, git: Git) -> Iterator[Git]:
    """Wait as `wait` does; yield git for changing the mirror.

    Each git process inherits a locked file. The kernel frees the lock when the last process that
    has the file open is gone. Raises `TetraEsError` when that takes too long.
    """
    try:
        descriptor = os.open(git_folder(root) / _RUNNING, _OPEN | os.O_CREAT, 0o600)
    except OSError as error:
        raise unusable(root, error) from error
    try:
        acquire(descriptor, _ORPHAN_PATIENCE, lambda: _still_running(root))
        yield replace(git, inherited=(descriptor,))
    finally:
        os.close(descriptor)


def wait(root: Path) -> None:
    """Wait until no git of a killed command runs in the mirror any more.

    Raises `TetraEsError` when that takes too long.
    """
    try:
        descriptor = os.open(git_folder(root) / _RUNNING, _OPEN)
    except OSError:  # nobody changed the mirror yet, or nobody can
        return
    try:
        acquire(descriptor, _ORPHAN_PATIENCE, lambda: _still_running(root))
    finally:
        os.close(descriptor)


def break_locks(root: Path, patience: float = PATIENCE) -> None:
    """Remove git's lock files, those that are new only when they stay for `patience` seconds."""
    for name in _LOCKS:
        lock = root / name
        deadline = time.monotonic() + patience
        while (age := _age(lock)) is not None and age < patience and time.monotonic() < deadline:
            time.sleep(_POLL)
        if age is not None:
            with suppress(OSError):
                lock.unlink()


def pack(root: Path, git: Git, before: int, after: int) -> None:
    """Pack objects when there are many files of them; sweep up as well.

    Never in the background: a command that is over has left nothing running. When packing fails,
    the mirror is no worse than before, and the next time will come.
    """
    if before // _LOOK_EVERY == after // _LOOK_EVERY:
        return
    loose, packs = _counts(root)
    if loose <= _LOOSE and packs <= _PACKS:
        return
    _sweep(root)
    for option in ("--geometric=2", "--quiet"):  # git before 2.33 knows only the second
        with suppress(TetraEsError):
            git.run(root, "repack", "-d", "-l", "--quiet", option)
            return


def _still_running(root: Path) -> TetraEsError:
    return TetraEsError(
        f"a git process of an earlier command still runs in the mirror {root}",
        hint="wait until it has ended, or end it",
    )


def _counts(root: Path) -> tuple[int, int]:
    """Return how many loose objects and how many packs there are."""
    objects, loose, packs = root / "objects", 0, 0
    with suppress(OSError):
        for name in os.listdir(objects):  # noqa: PTH208, which would make paths of many names
            if len(name) == _HASHED:
                loose += len(os.listdir(objects / name))  # noqa: PTH208
        packs = sum(name.endswith(".idx") for name in os.listdir(objects / "pack"))  # noqa: PTH208
    return loose, packs


def _sweep(root: Path) -> None:
    found = [*root.glob("fast_import_crash_*")]
    packs = root.glob("objects/pack/pack-*.pack")
    found += [pack for pack in packs if not pack.with_suffix(".idx").exists()]
    for pattern in _TEMPORARY:
        found += root.glob(f"objects/pack/{pattern}")
        found += root.glob(f"objects/??/{pattern}")
    for file in found:
        if (_age(file) or 0) > _STALE:
            with suppress(OSError):
                file.unlink()


def _age(file: Path) -> float | None:
    try:
        return time.time() - file.stat().st_mtime
    except OSError:
        return None
