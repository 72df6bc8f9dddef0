"""kill -9 at any instant: nothing acknowledged is lost, the next command repairs the rest."""

from __future__ import annotations

import random
import signal
import statistics
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.crash.killing import (
    ROUNDS,
    acknowledged,
    check_repaired,
    check_sound,
    count_effects,
    kill,
    once,
    start,
    stored,
)
from tests.examples import some

if TYPE_CHECKING:
    from tests.conftest import Machine

COMMANDS = [
    ("set", "local", "resources.nofile=NUMBER", "-m", "round NUMBER"),
    ("promote", "dev"),
    ("rollback", "dev"),
]

NEXT: list[tuple[str, ...]] = [
    ("history", "-n", "1"),
    ("promote", "dev"),
    ("show", "local"),
    ("status",),
    ("set", "local", "logging.level=info"),
]
"""What somebody may do next, reading or changing."""

BATCHES = 4
"""Organizations that the rounds are spread over, half of them for each way to kill."""


@pytest.fixture
def busy(machine: Machine) -> Machine:
    """An organization whose environments have states to go back to."""
    for number in ("2000", "2001"):
        machine.ok("set", "local", f"resources.nofile={number}")
        machine.ok("promote", "dev")
    return machine


def after_a_kill(machine: Machine, said: bytes, before: dict[int, tuple[str, str]], n: int) -> None:
    """Check that nothing is lost, and that the next command repairs what is not done."""
    present = stored(machine)
    for position in acknowledged(said):
        assert position in present
    assert present.items() >= before.items()
    assert sorted(present) == list(range(1, len(present) + 1))
    machine.ok("verify")
    machine.ok(*NEXT[n % len(NEXT)])
    check_repaired(machine)


@pytest.mark.parametrize("batch", some(range(BATCHES // 2), 1))
def test_at_random_instants(busy: Machine, batch: int) -> None:
    instants = random.Random(f"instants {batch}")
    longest = 3 * median_duration(busy)
    rounds = ROUNDS // BATCHES
    for number in range(rounds * batch, rounds * (batch + 1)):
        before = stored(busy)
        process = start(busy, COMMANDS, 3000 + 1000 * number)
        said = kill(process, instants.uniform(0, longest))
        after_a_kill(busy, said, before, number)
    check_sound(busy)


def median_duration(machine: Machine) -> float:
    """Return how long a command takes in the loop, in seconds."""
    process = start(machine, COMMANDS, 2500)
    assert process.stdout is not None
    times = [time.monotonic()]
    for line in process.stdout:
        times += [time.monotonic()] if b"(#" in line else []
        if len(times) == 5:
            break
    kill(process, 0)
    machine.ok("history", "-n", "1")
    return statistics.median(late - early for early, late in pairwise(times))


@pytest.mark.parametrize("batch", range(BATCHES // 2))
def test_around_every_effect(busy: Machine, batch: int) -> None:
    """Right before and after what a command does to the world, spread over all of it."""
    rounds, effects = ROUNDS // BATCHES, {}
    for command in {COMMANDS[turn % 3] for turn in range(rounds * batch, rounds * (batch + 1))}:
        make_ready(busy, command[0], -1)
        effects[command[0]] = count_effects(busy, numbered([*command], 5999))
    for number in range(rounds):
        turn = rounds * batch + number
        words = numbered([*COMMANDS[turn % 3]], 6000 + number)
        make_ready(busy, words[0], number)
        before = stored(busy)
        # The fractions of one batch lie between those of the others.
        fraction = (number + (2 * batch + 1) / BATCHES) / rounds
        point = 1 + int(fraction * effects[words[0]])
        done = once(busy, words, signal.SIGKILL, point)
        assert done.code == -signal.SIGKILL, (point, done)
        after_a_kill(busy, done.out, before, turn)
    check_sound(busy)


def numbered(words: list[str], number: int) -> list[str]:
    return [word.replace("NUMBER", str(number)) for word in words]


def make_ready(machine: Machine, command: str, number: int) -> None:
    """See to it that the command has something to do."""
    if command != "set":
        machine.ok("set", "local", f"resources.nofile={7000 + number}")
    if command == "rollback":
        machine.ok("promote", "dev")
