"""A cold `set` of an organization that is shared, against two signed commits and two pushes.

Both go to a bare repository on the same disk. The `set` asks what others recorded, pushes, and ends
with store, files and mirror.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from benchmarks.measure import compare_processes
from benchmarks.organization import create, program
from benchmarks.repository import SignedRepository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.measure import Comparison
    from benchmarks.sizes import Sizes

AIM = 6.0

_LOCAL = "environments/local.toml"
_TIMES = 2


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield the comparison."""
    machine = create(folder / "share")
    repository = SignedRepository(machine, machine.folder / "repository")
    for name in ("hub.git", "plain.git"):
        machine.processes.run(program("git"), "init", "--quiet", "--bare", machine.folder / name)
    machine.run("share", str(machine.folder / "hub.git"))
    repository.git("remote", "add", "origin", str(machine.folder / "plain.git"))
    number = count()

    def edit_commit_and_push() -> None:
        for _ in range(_TIMES):
            with (repository.folder / _LOCAL).open("a") as file:
                file.write(f"# {next(number)}\n")
            repository.commit(_LOCAL)
            repository.git("push", "--quiet", "origin", "HEAD:main")

    def set_key() -> None:
        machine.run("set", "local", f"logging.retention_days={1 + next(number) % 3000}")

    yield compare_processes(
        ("cold tetra-es set local KEY=VALUE, shared", set_key),
        ("two of git add + signed git commit + git push", edit_commit_and_push),
        sizes.rounds,
        AIM,
    )
