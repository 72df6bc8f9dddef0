"""A file of 5,000 keys: what its size adds to cold commands, against tomllib reading it once.

`set` has to read two such texts, the one before and the one after; `promote` and `diff` three, the
source of truth, the present state and what is generated.
"""

from __future__ import annotations

import tomllib
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, alternate_timed, timed
from benchmarks.organization import create

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

SET_AIM, DIFF_AIM, PROMOTE_AIM = 5.0, 4.0, 6.0
"""Times of reading the file: once for each text, and as much again to compare and to write it."""

_TABLES, _KEYS = 250, 20


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield what the size adds to `set`, to `diff` and to `promote`."""
    small, large = create(folder / "small"), create(folder / "large")
    file = large.layout.root / "environments/local.toml"
    with file.open("a") as lines:
        lines.writelines(_table(number) for number in range(_TABLES))
    text = file.read_text("utf-8")
    large.run("record")
    large.run("promote", "dev")
    number = count(1)

    def change(machine: Machine) -> None:
        machine.run("set", "local", f"logging.retention_days={1 + next(number) % 3000}")

    def compare(machine: Machine) -> None:
        machine.run("diff", "dev")

    def promote(machine: Machine) -> None:
        machine.run("promote", "dev")

    for name, act, aim in (
        ("set local KEY=VALUE", change, SET_AIM),
        ("diff dev", compare, DIFF_AIM),
        ("promote dev", promote, PROMOTE_AIM),
    ):
        yield Comparison(
            f"5,000 keys more in tetra-es {name}",
            "tomllib reading the file once",
            *alternate_timed(
                partial(_added, act, change, small, large),
                partial(timed, partial(tomllib.loads, text)),
                sizes.rounds,
            ),
            aim,
        )


def _added(
    act: Callable[[Machine], None],
    prepare: Callable[[Machine], None],
    small: Machine,
    large: Machine,
) -> float:
    """Return how much longer a command takes where the file is large."""
    for machine in (small, large):
        prepare(machine)
    little = timed(lambda: act(small))
    return timed(lambda: act(large)) - little


def _table(number: int) -> str:
    """Return a table with numbers, strings and comments."""
    keys = "".join(
        f'key_{key} = "value {key} of {number}" # said\n' if key % 2 else f"key_{key} = {key}\n"
        for key in range(_KEYS)
    )
    return f"\n# The table {number}.\n[extra.t{number}]\n{keys}"
