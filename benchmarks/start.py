"""Cold commands that only look, against the interpreter; help and TAB, against `import click`."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.imports import where_imports_go
from benchmarks.measure import compare_processes
from benchmarks.organization import TETRA_ES, create

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.measure import Comparison
    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

AIM, CLICK_AIM = 3.0, 1.5

_COMMANDS = (("show", "dev"), ("history", "-n", "20"))
_HELP: Sequence[tuple[str, ...]] = (
    ("set",),
    ("promote",),
    ("history",),
    ("deploy",),
    ("secret", "set"),
    (),
)
_TAB = ("tetra-es ", "tetra-es promote --", "tetra-es promote ")
"""Lines to complete: a command, an option, an environment."""


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield `show` and `history` against `python -c pass`, help and TAB against `import click`."""
    machine = create(folder / "start")
    for edit in range(30):
        machine.run("set", "local", f"bench.edit={edit}")
    for command in _COMMANDS:
        yield _compare(machine, command, sizes.rounds)
    for words in _HELP:
        yield _against_click(machine, words, sizes.rounds)
    for line in _TAB:
        yield _against_click(machine, (), sizes.rounds, line)


def _compare(machine: Machine, command: tuple[str, ...], rounds: int) -> Comparison:
    comparison = compare_processes(
        (f"cold tetra-es {' '.join(command)}", lambda: machine.run(*command)),
        ("cold python -c pass", lambda: machine.processes.run(sys.executable, "-c", "pass")),
        rounds,
        AIM,
    )
    comparison.notes.append(where_imports_go(machine, *command))
    return comparison


def _against_click(
    machine: Machine, command: tuple[str, ...], rounds: int, typed: str = ""
) -> Comparison:
    """Compare `COMMAND --help`, or with `typed` what TAB does after it."""
    ours = (f"tetra-es {' '.join((*command, '--help'))}", partial(machine.run, *command, "--help"))
    if typed:
        completing = partial(
            machine.processes.run,
            TETRA_ES,
            _TETRA_ES_COMPLETE="bash_complete",
            COMP_WORDS=typed,
            COMP_CWORD=str(typed.count(" ")),
        )
        ours = (f"TAB after {typed!r}", completing)
    click = partial(machine.processes.run, sys.executable, "-c", "import click")
    return compare_processes(ours, ("python -c 'import click'", click), rounds, CLICK_AIM)
