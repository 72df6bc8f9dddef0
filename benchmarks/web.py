"""Pages of a long history, against datasette with the same events, and against a short history.

Measured is the processor's time of the server for a page, not what a browser waits. datasette
serves the file that `tetra-es audit sqlite` writes, and is asked for the table that has the same.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.growth import AIM as GROWTH_AIM
from benchmarks.growth import FEW
from benchmarks.measure import Comparison, alternate_timed
from benchmarks.organization import HOT_KEY, TETRA_ES, create, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

NEEDS: Final = "datasette"
"""What has to be installed to compare with."""
AIM: Final = 1.0
_ASKED: Final = 10
"""Requests of one measurement: the kernel counts processor time in hundredths of a second."""
_STARTING: Final = 60
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_KIB: Final = 1024

PAGES: Final = (
    ("overview", "/", "/db/states?_sort_desc=position"),
    ("timeline", "/timeline", "/db/events?_sort_desc=position"),
    ("event", "/event/{middle}", "/db/events/{middle}"),
    ("state at a time", "/environment/dev?at={middle}",
     "/db/states?file=dev&position__lte={middle}&_sort_desc=position&_size=1"),
    ("key's life", f"/key/{HOT_KEY}", f"/db/changes?key={HOT_KEY}&_sort_desc=position"),
)  # fmt: skip
"""What it is, our path, and that of datasette."""


class _Server:
    """A server at a socket file, and the processor's time that it took."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self._process = process
        self._path = path

    def ask(self, path: str) -> None:
        """Ask for a page, which has to be there."""
        connection = http.client.HTTPConnection("localhost", timeout=_STARTING)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self._path))
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        if reply.status != 200:
            raise RuntimeError(f"{path}: {reply.status} {body[:200]!r}")

    def taken(self, path: str) -> float:
        """Return the processor's time of the server for a page, on average."""
        start = self._time()
        for _ in range(_ASKED):
            self.ask(path)
        return max(self._time() - start, 1 / _TICKS) / _ASKED

    def memory(self) -> float:
        """Return the most memory that it had, in MiB."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in text.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / _KIB

    def _time(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield each page against datasette, then against the same page of few events."""
    own = Path(__file__).parent.parent / ".venv-web/bin/tetra-es"
    program = own if own.exists() else TETRA_ES
    large, small = (_filled(folder / name, events) for name, events in
                    (("large", sizes.queried), ("small", FEW)))  # fmt: skip
    with ExitStack() as stack:
        ours, few = (stack.enter_context(_serving(program, one)) for one in (large, small))
        theirs = stack.enter_context(_datasette(large))
        for what, path, other in PAGES:
            middle = {"middle": sizes.queried // 2}
            asked, table = path.format(**middle), other.format(**middle)
            times = alternate_timed(
                lambda asked=asked: ours.taken(asked),  # type: ignore[misc]
                lambda table=table: theirs.taken(table),  # type: ignore[misc]
                sizes.rounds,
            )
            name = f"{what} at {sizes.queried:,} events"
            yield _compared(name, f"datasette, {table}", times, AIM)
        for what, path, _ in PAGES:
            at, there = (path.format(middle=events // 2) for events in (sizes.queried, FEW))
            times = alternate_timed(
                lambda at=at: ours.taken(at),  # type: ignore[misc]
                lambda there=there: few.taken(there),  # type: ignore[misc]
                sizes.rounds,
            )
            name = f"{what} at {sizes.queried:,} events"
            yield _compared(name, f"the same at {FEW:,} events", times, GROWTH_AIM)
        yield Comparison(
            f"most memory of the server, {sizes.queried:,} events",
            f"{FEW:,} events",
            [ours.memory()],
            [few.memory()],
            GROWTH_AIM,
            what="MiB",
        )


def _compared(
    ours: str, theirs: str, times: tuple[Sequence[float], Sequence[float]], aim: float
) -> Comparison:
    return Comparison(ours, theirs, *times, aim, what="processor time of the server")


def _filled(folder: Path, events: int) -> Machine:
    machine = create(folder)
    fill(machine, events)
    machine.run("rebuild")
    return machine


@contextmanager
def _serving(program: Path, machine: Machine) -> Iterator[_Server]:
    path = machine.folder / "web.sock"
    words = [str(program), "serve", "--socket", str(path)]
    with _running(words, path, machine) as server:
        yield server


@contextmanager
def _datasette(machine: Machine) -> Iterator[_Server]:
    """Serve the history as tables, with the indexes that they have."""
    file, path = machine.folder / "db.db", machine.folder / "datasette.sock"
    machine.run("audit", "sqlite", str(file))
    program = shutil.which(NEEDS)
    if program is None:
        raise RuntimeError(f"{NEEDS} is not installed")
    words = [program, "serve", "--immutable", str(file), "--uds", str(path)]
    with _running(words, path, machine) as server:
        yield server


@contextmanager
def _running(words: Sequence[str], path: Path, machine: Machine) -> Iterator[_Server]:
    process = subprocess.Popen(
        words,
        env=machine.environment,
        cwd=machine.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + _STARTING
        while not path.exists():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{words[0]} did not start")
            time.sleep(0.05)
        yield _Server(process, path)
    finally:
        process.terminate()
        process.wait(_STARTING)
