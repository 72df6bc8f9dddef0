"""What a command imports, and what that takes: read from the interpreter's own `-X importtime`."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.organization import TETRA_ES
from benchmarks.report import duration

if TYPE_CHECKING:
    from benchmarks.organization import Machine

_OURS = ("tetra_es", "tetra_es_cli", "tetra_es_projections")
_SHOWN = 6


def where_imports_go(machine: Machine, *arguments: str) -> str:
    """Return how long `tetra-es ARGUMENTS` imports, and which packages take most of it.

    A package's time is that of its own modules. Being watched makes imports slower by a tenth.
    """
    done = subprocess.run(
        [sys.executable, "-X", "importtime", TETRA_ES, *arguments],
        env=machine.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    packages: Counter[str] = Counter()
    modules = 0
    for line in done.stderr.splitlines():
        # import time: self [us] | cumulative | imported package
        microseconds, _, name = line.removeprefix("import time:").split("|")
        if microseconds.strip().isdecimal():
            package = name.strip().split(".")[0]
            packages["our own" if package in _OURS else package] += int(microseconds)
            modules += 1
    parts = (f"{name} {duration(taken / 1e6)}" for name, taken in packages.most_common(_SHOWN))
    return (
        f"of which {modules} imports {duration(packages.total() / 1e6)}, "
        f"the interpreter's own included: {', '.join(parts)} …"
    )
