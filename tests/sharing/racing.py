"""Machines that record at the same time, and are killed: nothing recorded is lost or doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.crash.killing import MANY, ROUNDS
from tests.machine import HANG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.machine import Machine

COMMANDS, KILLS = (200, 25) if ROUNDS >= 200 else (40, 5) if MANY else (2, 1)
"""How many commands each of two machines runs, and how many of those are killed."""


class Racer(threading.Thread):
    """One machine that records, one command after the other."""

    def __init__(self, machine: Machine, name: str, commands: int, kills: int) -> None:
        """Of the commands, so many are killed; the last is not."""
        super().__init__(name=name)
        self._machine = machine.real()
        self._commands = commands
        self._chance = random.Random(f"race of {name}")
        self._killed = set(self._chance.sample(range(commands - 1), kills))
        self.acknowledged: list[str] = []
        """The reasons of the events that a command said it had recorded."""
        self.wrong: list[str] = []

    def run(self) -> None:
        longest = 1.0
        for number in range(self._commands):
            reason = f"{self.name}{number}"
            begin = time.monotonic()
            code, said = self._once(reason, longest if number in self._killed else None)
            if code == 0:
                longest = time.monotonic() - begin
                self.acknowledged.append(reason)
            elif code != -signal.SIGKILL:
                self.wrong.append(f"{reason}: {code}: {said}")

    def _once(self, reason: str, longest: float | None) -> tuple[int, str]:
        """Run a command, killed at an instant up to `longest`; return its exit code."""
        key = "race.same" if self._chance.random() < 0.3 else f"race.{reason}"
        process = subprocess.Popen(
            self._machine.argv("set", "local", f'{key}="{reason}"', "-m", reason),
            env=self._machine.environment(),
            cwd=self._machine.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            after = HANG if longest is None else self._chance.uniform(0, longest)
            _, said = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.kill()  # a push that is under way goes on
            _, said = process.communicate()
        return process.returncode, said


def race(machines: Sequence[Machine], commands: int, kills: int) -> None:
    """Have machines record at the same time, and check what is there then."""
    racers = [Racer(each, f"m{number}x", commands, kills) for number, each in enumerate(machines)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [wrong for racer in racers for wrong in racer.wrong] == []
    for machine in machines:
        machine.ok("pull")
        machine.ok("verify")
    assert len({machine.git("rev-parse", "main") for machine in machines}) == 1
    reasons = Counter(row["reason"] for row in machines[-1].history("-n", "100000"))
    acknowledged = [reason for racer in racers for reason in racer.acknowledged]
    assert {reason: reasons[reason] for reason in acknowledged} == dict.fromkeys(acknowledged, 1)
    tried = [f"{racer.name}{number}" for racer in racers for number in range(commands)]
    assert [reason for reason in tried if reasons[reason] > 1] == []
