"""Processes of this machine that belong to a host, and waiting for what they do."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.machine import HANG

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_SECONDS = 0.2


def children(parent: int) -> list[int]:
    """Return the processes that have this parent."""
    found = []
    # Not `glob`, which looks at each file itself and does not expect a process to end meanwhile.
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            # The second field is the program's name in brackets, which may hold anything.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(folder.name))
    return found


def leader(supply: int) -> int | None:
    """Return process 1 of the host that runs on this power supply, under its number here."""
    for spawner in children(supply):
        for pid in children(spawner):
            with contextlib.suppress(OSError):
                rows = Path(f"/proc/{pid}/status").read_text().splitlines()
                (numbers,) = (row.split()[1:] for row in rows if row.startswith("NSpid:"))
                # Ours, the supply's and the host's; ours are more when we are in a container.
                if len(numbers) > 2 and numbers[-1] == "1":
                    return pid
    return None


def until(seconds: float = HANG) -> Iterator[None]:
    """Go round, not faster than is of use, while what is waited for has not come.

    Without a number it is the patience for what hangs: a busy machine takes its time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(POLL_SECONDS)
