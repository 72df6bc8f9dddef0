"""`verify` against git that looks at as many signatures; its memory; `set` while it runs.

`git log --format=%G?` verifies the signature of each commit, and nothing else. `verify` without
what is derived verifies chain, signatures, rules and bodies; with it, files, views and mirror too.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import count
from time import perf_counter, sleep
from typing import TYPE_CHECKING

from benchmarks import space
from benchmarks.measure import Comparison, compare_processes
from benchmarks.organization import TETRA_ES, create, document_of, fill
from benchmarks.report import BYTES
from benchmarks.signed_commits import SignedCommits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes
    from tetra_es.toml.document import ConfigDocument

SMALL_AIM, LARGE_AIM = 1 / 25, 1 / 6
MEMORY_AIM = 1.5
MEANWHILE_AIM = 1.5

_PEAK = """\
import re, sys
from tetra_es_cli.main import run
code = run(["verify"])
status = open("/proc/self/status").read()
print(re.search(r"VmHWM:\\s*(\\d+) kB", status)[1], file=sys.stderr)
sys.exit(code)
"""
"""Runs `verify`, and prints the most memory that the process had at any time."""


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield the time on small and on large files, the memory, and `set` beside `verify`."""
    yield from _against_git(folder / "small", "20 lines", document_of, SMALL_AIM, sizes)
    yield from _against_git(folder / "large", "219 lines", space.document, LARGE_AIM, sizes)
    few, many = (
        _filled(folder / f"memory-{events}", events, document_of)
        for events in (sizes.queried // 10, sizes.queried)
    )
    yield Comparison(
        f"verify of {sizes.queried:,} events: most memory of the process",
        f"the same of {sizes.queried // 10:,}",
        [_peak(many)],
        [_peak(few)],
        MEMORY_AIM,
        what=BYTES,
    )
    yield _meanwhile(many, sizes)


def _against_git(
    folder: Path,
    lines: str,
    document: Callable[[str, int], ConfigDocument],
    aim: float,
    sizes: Sizes,
) -> Iterator[Comparison]:
    machine = _filled(folder, sizes.verified, document)
    commits = SignedCommits(machine, folder / "repository", sizes.verified, document)
    theirs = (f"git log --format=%G? of {sizes.verified:,} signed commits", commits.check)
    what = f"of {sizes.verified:,} events, a file of {lines}, 10 % promotions"
    for words, name, limit in (
        (("verify", "--no-derived"), "verify --no-derived", aim),
        (("verify",), "verify", None),
    ):
        ours = (f"{name} {what}", lambda words=words: machine.run(*words))
        yield compare_processes(ours, theirs, sizes.slow_rounds, limit)


def _filled(folder: Path, events: int, document: Callable[[str, int], ConfigDocument]) -> Machine:
    machine = create(folder)
    fill(machine, events, document)
    machine.run("rebuild")
    return machine


def _peak(machine: Machine) -> float:
    """Return the most bytes that a process had which verified; git's are not among them."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK],
        env=dict(machine.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(done.stderr.split()[-1]) * 1024.0


def _meanwhile(machine: Machine, sizes: Sizes) -> Comparison:
    """Return what `set` takes while `verify` runs, by the clock, against alone."""
    number = count(1)

    def seconds() -> float:
        start = perf_counter()
        machine.run("set", "local", f"services.web.port={10_000 + next(number)}")
        return perf_counter() - start

    seconds()
    alone = [seconds() for _ in range(sizes.rounds)]
    beside = []
    for _ in range(sizes.rounds):
        verifying = subprocess.Popen(
            [TETRA_ES, "verify"], env=dict(machine.environment), stdout=subprocess.DEVNULL
        )
        sleep(_UNDER_WAY)
        beside.append(seconds())
        if verifying.poll() is not None and sizes.queried > _ENOUGH:
            raise RuntimeError("verify ended before set")
        verifying.terminate()
        verifying.wait()
    return Comparison(
        f"set while verify runs, {sizes.queried:,} events, by the clock",
        "set alone",
        beside,
        alone,
        MEANWHILE_AIM,
    )


_UNDER_WAY = 0.5
"""Seconds after which `verify` has begun."""
_ENOUGH = 10_000
"""Events that `verify` takes longer for than a `set` takes."""
