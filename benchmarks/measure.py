"""Fair comparisons: two things measured in turn in one run, their medians, and the ratio.

Whatever disturbs the machine then disturbs both sides. What runs in this process is measured by
the clock; processes also by the processor's time of them and their children, which a machine that
has other work to do changes least.
"""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

ROUNDS = 7
"""Least number of measurements of each side."""


@dataclass(frozen=True)
class Comparison:
    """One line of the report: ours over theirs."""

    ours: str
    theirs: str
    our_times: Sequence[float]
    their_times: Sequence[float]
    aim: float | None = None
    """The ratio to reach; None where the line is for information only."""
    of_rates: bool = False
    """Whether the ratio is of rates (ours should be high) instead of times (low)."""
    notes: list[str] = field(default_factory=list)
    """Where the time goes."""
    what: str = "time"
    """What was measured, for people."""

    @property
    def ratio(self) -> float:
        """Median over median."""
        ours, theirs = median(self.our_times), median(self.their_times)
        return theirs / ours if self.of_rates else ours / theirs

    @property
    def met(self) -> bool:
        """Whether the aim is reached; so is none at all."""
        if self.aim is None:
            return True
        return self.ratio >= self.aim if self.of_rates else self.ratio <= self.aim


def alternate(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> tuple[list[float], list[float]]:
    """Time the two in turn, `rounds` times each, after one unmeasured run of each."""
    return alternate_timed(lambda: timed(ours), lambda: timed(theirs), rounds)


def alternate_timed(
    ours: Callable[[], float], theirs: Callable[[], float], rounds: int
) -> tuple[list[float], list[float]]:
    """The same for callables that do what must not be timed first, and return seconds."""
    ours()
    theirs()
    our_times, their_times = [], []
    for _ in range(rounds):
        our_times.append(ours())
        their_times.append(theirs())
    return our_times, their_times


def compare_processes(
    ours: tuple[str, Callable[[], object]],
    theirs: tuple[str, Callable[[], object]],
    rounds: int,
    aim: float | None = None,
) -> Comparison:
    """Run two named pieces of work in turn, each in processes of its own; compare processor time.

    A note has the same by the clock.
    """
    clock: tuple[list[float], list[float]] = ([], [])

    def measured(work: Callable[[], object], times: list[float]) -> float:
        start = _processor_time()
        times.append(timed(work))
        return _processor_time() - start

    our_times, their_times = alternate_timed(
        lambda: measured(ours[1], clock[0]), lambda: measured(theirs[1], clock[1]), rounds
    )
    by_clock = [median(times[1:]) for times in clock]
    note = "by the clock {:.1f} ms against {:.1f} ms, ratio {:.3g}"
    return Comparison(
        ours[0],
        theirs[0],
        our_times,
        their_times,
        aim,
        notes=[note.format(by_clock[0] * 1e3, by_clock[1] * 1e3, by_clock[0] / by_clock[1])],
        what="processor time",
    )


def _processor_time() -> float:
    """Return the seconds that the processes took that ended so far, and their children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def typical(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median of the seconds that `work` takes, after one unmeasured run."""
    work()
    return median(timed(work) for _ in range(rounds))


def typical_processor(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median of the processor's time that the processes of `work` take."""

    def used() -> float:
        start = _processor_time()
        work()
        return _processor_time() - start

    used()
    return median(used() for _ in range(rounds))


class Processes:
    """Starts processes with little cost of its own, their output thrown away."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = dict(environment)
        self._folder = folder

    def run(self, *argv: str | Path, stdin: str | Path = os.devnull, **more: str) -> None:
        """Run a program, named by its absolute path, with these more variables.

        Raises `RuntimeError` when it fails.
        """
        errors = self._folder / "stderr"
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, str(stdin), os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, str(errors), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ]
        arguments = [str(argument) for argument in argv]
        pid = os.posix_spawn(
            arguments[0], arguments, {**self._environment, **more}, file_actions=actions
        )
        _, status = os.waitpid(pid, 0)
        if status:
            raise RuntimeError(f"{' '.join(arguments)}: {errors.read_text()}")
