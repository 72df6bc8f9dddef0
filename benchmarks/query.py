"""Questions about a long history, against git on the mirror.

Each is asked of tetra-es in a process that runs already, which is what a program pays that uses it
(with the organization opened once, and with the whole command run for each question), and in a
process of its own, which is what a person at a shell pays. Git is a process of its own every time:
there is no other way to ask it.
"""

from __future__ import annotations

import os
from contextlib import redirect_stdout
from itertools import cycle
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from benchmarks import growth
from benchmarks.measure import Comparison, alternate, timed
from benchmarks.organization import ORG, RARE_KEY, create, fill, program, rare_line
from benchmarks.report import duration
from tetra_es.refs import parse_ref
from tetra_es_cli.context.app import App
from tetra_es_cli.entry.root import cli
from tetra_es_projections.queries.states import text_at
from tetra_es_projections.queries.views import Views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

SHOW_AIM, HISTORY_AIM = 0.2, 0.1

_LOCAL, _DEV = "environments/local.toml", "environments/dev.toml"


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield many events against few, `show --at` against `git show`, then `history --key`
    against `git log -S` and -G."""
    machine = create(folder / "query")
    taken = timed(lambda: fill(machine, sizes.queried))
    mirrored = timed(lambda: machine.run("rebuild"))
    print(
        f"  ({sizes.queried:,} events recorded in {duration(taken)}, "
        f"their views, files and mirror built in {duration(mirrored)})\n",
        flush=True,
    )
    yield from growth.compare(machine, folder, sizes, lambda each: _Asker(each).ask)
    warm = _Asker(machine)
    with App(org=ORG, directory=machine.base).reading() as reader:

        def ask(*arguments: str) -> None:
            text_at(reader, "dev", parse_ref(arguments[-1]))

        yield _show(machine, "organization opened once, in a running process", ask, sizes, SHOW_AIM)
    yield _show(machine, "whole command, in a running process", warm.ask, sizes, None)
    yield _show(machine, "cold", machine.run, sizes, None)
    yield _history(machine, "whole command, in a running process", warm.ask, sizes, "-S")
    yield _history(machine, "cold", machine.run, sizes, "-S")
    yield _history(machine, "cold", machine.run, sizes, "-G")


class _Asker:
    """Runs commands in this process, exactly as the installed command does, output thrown away."""

    def __init__(self, machine: Machine) -> None:
        self._options = ["--org", ORG, "--dir", str(machine.base)]

    def ask(self, *arguments: str) -> None:
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            cli.main([*self._options, *arguments], prog_name="tetra-es", standalone_mode=False)


def _show(
    machine: Machine,
    how: str,
    ask: Callable[..., None],
    sizes: Sizes,
    aim: float | None,
) -> Comparison:
    places = _places(machine, sizes.queried)
    ours, theirs = cycle(places), cycle(places)
    times = alternate(
        lambda: ask("show", "dev", "--at", str(next(ours)[0])),
        lambda: _git(machine, "show", f"{next(theirs)[1]}:{_DEV}"),
        sizes.rounds,
    )
    return Comparison(f"show dev --at POSITION, {how}", f"git show COMMIT:{_DEV}", *times, aim)


def _history(
    machine: Machine, how: str, ask: Callable[..., None], sizes: Sizes, search: str
) -> Comparison:
    needle = rare_line(sizes.queried // 2)
    pattern = needle if search == "-S" else f"^{needle.split()[0]} ="
    times = alternate(
        lambda: ask("history", "local", "--key", RARE_KEY),
        lambda: _git(machine, "log", f"{search}{pattern}", "--oneline", "--", _LOCAL),
        sizes.slow_rounds if search == "-S" else 1,
    )
    theirs = f"git log {search}'{pattern}' -- {_LOCAL}"
    aim = HISTORY_AIM if search == "-S" else None
    return Comparison(f"history local --key {RARE_KEY}, {how}", theirs, *times, aim)


def _places(machine: Machine, events: int) -> list[tuple[int, str]]:
    """Return some positions, always the same, all over the history, and their commits."""
    positions = Random(1).sample(range(events // 20, events), 25)
    with Views(machine.layout.views) as views:
        return [(position, views.commit(position) or "") for position in positions]


def _git(machine: Machine, *arguments: str) -> None:
    machine.processes.run(program("git"), "-C", machine.layout.mirror, *arguments)
