"""Cold commands that only look, against the interpreter that they run in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.imports import where_imports_go
from benchmarks.measure import Comparison, alternate
from benchmarks.organization import found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

AIM = 4.0

_COMMANDS = (("show", "dev"), ("history", "-n", "20"))


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield cold `show` and cold `history` against `python -c pass`."""
    machine = found(folder / "start")
    for edit in range(30):
        machine.run("set", "local", f"bench.edit={edit}")
    for command in _COMMANDS:
        yield _compare(machine, command, sizes.rounds)


def _compare(machine: Machine, command: tuple[str, ...], rounds: int) -> Comparison:
    ours, theirs = alternate(
        lambda: machine.run(*command),
        lambda: machine.processes.run(sys.executable, "-c", "pass"),
        rounds,
    )
    return Comparison(
        f"cold tetra-es {' '.join(command)}",
        "cold python -c pass",
        ours,
        theirs,
        AIM,
        notes=[where_imports_go(machine, *command)],
    )
