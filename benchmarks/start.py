"""Cold commands that only look, against the interpreter that they run in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.imports import where_imports_go
from benchmarks.measure import compare_processes
from benchmarks.organization import found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.measure import Comparison
    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

AIM = 3.0

_COMMANDS = (("show", "dev"), ("history", "-n", "20"))


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield cold `show` and cold `history` against `python -c pass`."""
    machine = found(folder / "start")
    for edit in range(30):
        machine.run("set", "local", f"bench.edit={edit}")
    for command in _COMMANDS:
        yield _compare(machine, command, sizes.rounds)


def _compare(machine: Machine, command: tuple[str, ...], rounds: int) -> Comparison:
    comparison = compare_processes(
        (f"cold tetra-es {' '.join(command)}", lambda: machine.run(*command)),
        ("cold python -c pass", lambda: machine.processes.run(sys.executable, "-c", "pass")),
        rounds,
        AIM,
    )
    comparison.notes.append(where_imports_go(machine, *command))
    return comparison
