"""A folder in memory for secrets in the open: on tmpfs, 0700, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOUNTS = Path("/proc/self/mounts")
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})


_GUARD = 'trap "" HUP INT TERM; read -r _; exec rm -rf -- "$1"'
"""Waits for the end of its input, which our death is as well."""


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Yield a new folder on tmpfs; removed at the end, with all that is in it.

    A process in a session of its own sees to that where we are killed. Raises `TetraEsError`
    where there is no tmpfs to write to: a disk would keep the values.
    """
    base = next((path for path in _candidates() if _usable(path)), None)
    if base is None:
        raise TetraEsError(
            "there is no tmpfs here for values in the open",
            hint="mount one at /dev/shm, or set secrets one by one: `tetra-es secret set ENV KEY`",
        )
    folder = Path(tempfile.mkdtemp(prefix="tetra-es-", dir=base))  # 0700
    try:
        with _guarded(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    # Started before there is a value in the folder, and by exec: it knows none from us either.
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "sh", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.defpath},
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.communicate()


def _candidates() -> list[Path]:
    return [Path(f"/run/user/{os.getuid()}"), Path("/dev/shm")]  # noqa: S108 - checked to be tmpfs


def _usable(path: Path) -> bool:
    try:
        mounts = [line.split() for line in _MOUNTS.read_text().splitlines()]
    except OSError:
        return False
    kinds = {mount[1]: mount[2] for mount in mounts}
    return kinds.get(str(path)) in _IN_MEMORY and os.access(path, os.W_OK | os.X_OK)
