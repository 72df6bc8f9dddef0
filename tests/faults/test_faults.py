"""A system call fails, or is the last one of a process: nothing said is untrue, the rest repairs.

Whatever fails, what was acknowledged is in the store, and what is said about recording is so. The
next command works without being asked to repair anything, and then all is in step.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tests.crash.killing import acknowledged, check_repaired, check_sound
from tests.examples import THOROUGH
from tests.faults.states import BEGIN, COMMANDS, NEXT, RARE, begun, copy_of, prepare
from tests.faults.tracing import KILL, Point, points, run_with
from tests.needs import needs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import Machine, Result

pytestmark = needs("strace")

EVERY: Final = os.environ.get("TETRA_ES_FAULTS") == "all"
"""Whether all points are tried, which takes hours."""

PARTS: Final = 8 if EVERY else 1
"""Parts that the points of a command are tried in, so that no worker has them all."""

TRIED: Final = 8 if THOROUGH else 1
"""Points of each command that are tried otherwise."""


NAMES: Final = [name for name in COMMANDS if THOROUGH or EVERY or name not in RARE]


class Ready(NamedTuple):
    """A command in a state that it has something to do in, and what can happen to it."""

    machine: Machine
    words: tuple[str, ...]
    points: Sequence[Point]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(
    scope="module",
    params=[(name, part) for part in range(PARTS) for name in NAMES],
    ids=[f"{name}-{part}" if EVERY else name for part in range(PARTS) for name in NAMES],
)
def ready(
    request: pytest.FixtureRequest, prepared: Machine, tmp_path_factory: pytest.TempPathFactory
) -> Ready:
    folder = tmp_path_factory.mktemp("ready")
    name, part = request.param
    machine = begun(name, prepared, folder / "home")
    words = COMMANDS[name]
    found = points(copy_of(machine, folder / "traced"), folder / "trace", words)
    assert len(found) > 40, "a command that does next to nothing was traced"
    if EVERY:  # so that each part has its share of every kind
        random.Random(f"parts of {name}").shuffle(found)
    return Ready(machine, words, found[part::PARTS])


def chosen(ready: Ready) -> Sequence[Point]:
    """Return the points to try: a sample with every kind of fault in it, always the same."""
    if EVERY:
        return ready.points
    faults = sorted({point.fault for point in ready.points})
    dice = random.Random(f"faults {ready.words}")
    return [
        dice.choice(
            [point for point in ready.points if point.fault == faults[number % len(faults)]]
        )
        for number in range(TRIED)
    ]


def test_nothing_is_lost_and_the_next_command_repairs(ready: Ready, tmp_path: Path) -> None:
    wrong = []
    for number, point in enumerate(chosen(ready)):
        machine = copy_of(ready.machine, tmp_path / str(number))
        try:
            check(machine, point, ready.words, NEXT[number % len(NEXT)])
        except AssertionError as error:
            wrong.append(f"{point}: {error}")
        else:
            shutil.rmtree(machine.home)
    tried = len(chosen(ready))
    sys.stdout.write(f"{' '.join(ready.words)}: {tried} points, {len(wrong)} failed\n")
    assert not wrong, "\n".join(wrong)


def check(machine: Machine, point: Point, words: Sequence[str], following: Sequence[str]) -> None:
    before = machine.last_position()
    done = run_with(machine, point, words)
    if not is_unheard(done, point):
        check_told(done, before, machine.last_position(), killed=point.fault == KILL)
    if words[0] in BEGIN:
        begin_again(machine, words)
    machine.ok(*following)
    check_repaired(machine)
    check_sound(machine)


def is_unheard(done: Result, point: Point) -> bool:
    """Return whether the error line itself is the write that failed, after another in a child."""
    failed = done.code > 0 and point.call == "write"
    return failed and "Traceback" not in done.err and "tetra-es: error: " not in done.err


def check_told(done: Result, before: int, after: int, *, killed: bool) -> None:
    """Check that what was said about recording is what happened."""
    assert "Traceback" not in done.err, done.err
    assert "defect" not in done.err, done.err
    assert max(acknowledged(done.out.encode()), default=0) <= after, "a false acknowledgement"
    for position in re.findall(r"recorded as #(\d+)", done.err):
        assert int(position) <= after, "a false acknowledgement"
    if "nothing was recorded" in done.err or "nothing more was recorded" in done.err:
        assert after == before, f"#{after} was recorded: {done.err}"
    if done.code > 0:
        said = done.error()
        assert after == before or f"#{before + 1}" in done.out + said, (
            f"not said that #{after} was recorded: {done.err}"
        )
    elif done.code < 0:
        assert killed, done


def begin_again(machine: Machine, words: Sequence[str]) -> None:
    """Check that a command goes on where it was stopped, or that there is nothing left to do."""
    again = machine.run(*words)
    assert again.code == 0 or any(
        words in again.error() for words in ("exists already", "is there", "is here already")
    ), again
