"""A cold `set`, all the way to files and mirror, against `git add` and a signed `git commit`."""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.imports import where_imports_go
from benchmarks.measure import compare_processes, typical_processor
from benchmarks.organization import create
from benchmarks.report import duration
from benchmarks.repository import SignedRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.measure import Comparison
    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

AIM = 10.0

_LIBRARIES = (
    "click",
    "tomlkit",
    "eventsourcing.sqlite",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
)

_LOCAL = "environments/local.toml"
_DURABLE = ("-c", "core.fsync=all")


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield `set` against git as it comes, then against git that waits for the disk as we do."""
    machine = create(folder / "record")
    repository = SignedRepository(machine, machine.folder / "repository")
    number = count()

    def edit_and_commit(*options: str) -> None:
        with (repository.folder / _LOCAL).open("a") as file:
            file.write(f"# {next(number)}\n")
        repository.commit(_LOCAL, *options)

    def set_key() -> None:
        machine.run("set", "local", f"logging.retention_days={1 + next(number) % 3000}")

    ours = ("cold tetra-es set local KEY=VALUE", set_key)
    plain = compare_processes(
        ours, ("git add + signed git commit", edit_and_commit), sizes.rounds, AIM
    )
    plain.notes.append(where_imports_go(machine, "set", "local", "logging.retention_days=7"))
    plain.notes.extend(_libraries(machine, sizes.rounds))
    yield plain
    durable = ("the same git with core.fsync=all", lambda: edit_and_commit(*_DURABLE))
    yield compare_processes(ours, durable, sizes.rounds)


def _libraries(machine: Machine, rounds: int) -> Iterator[str]:
    """Yield what the interpreter and what each library takes on its own, and all of them."""

    def python(code: str) -> Callable[[], None]:
        return lambda: machine.processes.run(sys.executable, "-c", code)

    bare = typical_processor(python("pass"), rounds)
    yield f"{duration(bare)} the interpreter alone; on top of it, in processes of their own:"
    for libraries in (*_LIBRARIES, ", ".join(_LIBRARIES)):
        code = f"import {libraries}"
        yield f"{duration(typical_processor(python(code), rounds) - bare)} {code}"
