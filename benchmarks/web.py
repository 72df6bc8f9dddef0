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
from benchmarks.report import BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

NEEDS: Final = "datasette"
"""What has to be installed to compare with."""
AIM: Final = 1.0
_ASKED: Final = 10
"""Requests of one measurement at the least."""
_LONG: Final = 0.3
"""Seconds of processor's time of one measurement: the kernel counts in hundredths of a second."""
_STARTING: Final = 60
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_KIB: Final = 1024

PAGES: Final = (
    ("overview", "/", "/db/states?_sort_desc=position"),
    ("timeline", "/timeline", "/db/events?_sort_desc=position"),
    ("event", "/event/{each}", "/db/events/{each}"),
    ("event, API", "/api/v1/event/{each}", "/db/events/{each}.json"),
    ("state at a time", "/environment/dev?at={each}",
     "/db/states?file=dev&position__lte={each}&_sort_desc=position&_size=1"),
    ("key's life", f"/key/{HOT_KEY}", f"/db/changes?key={HOT_KEY}&_sort_desc=position"),
    ("search", "/search?q=1.{each}", "/db/changes?after__contains=1.{each}&_sort_desc=position"),
    ("search for what is nowhere", "/search?q=nowhere",
     "/db/changes?after__contains=nowhere&_sort_desc=position"),
    ("search, API", "/api/v1/search?q=1.{each}",
     "/db/changes.json?after__contains=1.{each}&_sort_desc=position"),
    ("findings", "/findings", "/db/findings"),
    ("findings, API", "/api/v1/findings?n=100", "/db/findings.json?_size=100"),
    ("secrets", "/secrets", "/db/secrets"),
    ("signers", "/signers", "/db/signers"),
    ("compare", "/compare?a=dev@{few}&b=dev@{more}",
     "/db/states?file=dev&revision__in={few},{more}"),
)  # fmt: skip
"""What it is, our path, and that of datasette; `each` is another event each time."""
_SECRETS: Final = 5


class _Server:
    """A server at a socket file, and the processor's time that it took."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self._process = process
        self._path = path
        self._number = 0

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

    def taken(self, path: str, events: int) -> float:
        """Return the processor's time of the server for a page of so many events, on average."""
        start, asked = self._time(), 0
        while asked < _ASKED or self._time() - start < _LONG:
            self.ask(self._address(path, events))
            asked += 1
        return (self._time() - start) / asked

    def _address(self, path: str, events: int) -> str:
        """Return an address: nobody may answer with what was asked for before."""
        self._number += 1
        each = events // 4 + self._number % (events // 2)
        return path.format(each=each, few=1 + self._number % 20, more=events // 20)

    def memory(self) -> float:
        """Return the most memory that it had, in bytes."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in text.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * _KIB

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
        at = f"at {sizes.queried:,} events"
        for what, path, table in PAGES:
            times = alternate_timed(
                lambda path=path: ours.taken(path, sizes.queried),  # type: ignore[misc]
                lambda table=table: theirs.taken(table, sizes.queried),  # type: ignore[misc]
                sizes.slow_rounds,
            )
            yield _compared(f"{what} {at}", f"datasette, {table}", times, AIM)
        for what, path, _ in PAGES:
            times = alternate_timed(
                lambda path=path: ours.taken(path, sizes.queried),  # type: ignore[misc]
                lambda path=path: few.taken(path, FEW),  # type: ignore[misc]
                sizes.slow_rounds,
            )
            yield _compared(f"{what} {at}", f"the same at {FEW:,} events", times, GROWTH_AIM)
        yield Comparison(
            f"most memory of the server, {sizes.queried:,} events",
            f"{FEW:,} events",
            [ours.memory()],
            [few.memory()],
            GROWTH_AIM,
            what=BYTES,
        )


def _compared(
    ours: str, theirs: str, times: tuple[Sequence[float], Sequence[float]], aim: float
) -> Comparison:
    return Comparison(ours, theirs, *times, aim, what="processor time of the server")


def _filled(folder: Path, events: int) -> Machine:
    machine = create(folder)
    key = machine.signing_key.with_suffix(".pub").read_text().strip()
    machine.run("recipient", "add", "dev", "alice", key, "-m", "reads them")
    (value := folder / "value").write_text("a value")
    for number in range(_SECRETS):
        machine.processes.run(
            TETRA_ES, "secret", "set", "dev", f"TOKEN_{number}", "-m", "one", stdin=value
        )
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
