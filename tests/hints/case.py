"""One case of a hint: the state and the command that print it, and what to paste."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.hints.templates import pattern
from tests.machine import HANG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.machine import Machine

_QUOTED = re.compile(r"`([^`]+)`")
_SHELL = set("<>|&;()")


def nothing(_machine: Machine) -> None:
    """Leave a machine as it is."""


@dataclass(frozen=True)
class Case:
    """A template, and how a person gets to see it."""

    template: str
    """As in the code, with `{}` for what is filled in."""
    command: str
    """The words after `tetra-es`."""
    state: Callable[[Machine], object] = nothing
    """Brings a machine where the command prints the hint."""
    stdin: str | None = None
    fill: Mapping[str, str] = field(default_factory=dict)
    """For words in capitals, which stand for what nobody but the person knows."""
    options: str = ""
    """Those that the hint names; what is pasted is the command with them."""
    code: int = 0
    """Of what is pasted: `verify` of a damaged store ends with 4."""
    then: str | None = None
    """A command that must succeed once all of that was pasted; by default none."""
    before: Callable[[Machine], object] = nothing
    """What else the hint tells a person to do, before the command."""

    @property
    def name(self) -> str:
        """How the test is called."""
        return f"{self.command}: {self.template}"[:90]

    def check(self, machine: Machine) -> None:
        """Print the hint, paste what it says."""
        self.state(machine)
        done = machine.run(*self.words(self.command, machine), stdin=self.stdin)
        said = [line for line in (done.out + done.err).splitlines() if self._is_in(line)]
        assert said, (done.code, done.out, done.err)
        self.before(machine)
        for command in self.commands(said[-1]):
            code, printed = paste(command, machine, self.stdin)
            assert code == self.code, (command, code, printed)
        if self.then is not None:
            machine.ok(*self.words(self.then, machine), stdin=self.stdin)

    def commands(self, line: str) -> Iterator[str]:
        """Yield the commands of a printed line, as they are pasted."""
        if self.options:
            yield f"tetra-es {self.command} {self.options}"
            return
        found = pattern(self.template).search(line)
        assert found
        commands = _QUOTED.findall(found[0])
        assert commands, line
        for command in commands:
            for word, known in self.fill.items():
                command = re.sub(rf"\b{word}\b", known, command)  # noqa: PLW2901
            yield command

    @staticmethod
    def words(command: str, machine: Machine) -> list[str]:
        """Return the words of a command; HOME and FOLDER stand for paths of the machine."""
        return [
            word.replace("$HOME", str(machine.home)).replace("$FOLDER", str(machine.folder))
            for word in shlex.split(command)
        ]

    def _is_in(self, line: str) -> bool:
        return bool(pattern(self.template).search(line))


def paste(command: str, machine: Machine, stdin: str | None) -> tuple[int, str]:
    """Run a command as if it was pasted; return its exit code and what it printed."""
    words = Case.words(command, machine)
    if words[0] == "tetra-es" and not _SHELL & set(command):
        # What takes the place of its process gets one.
        run = machine.process if words[1] == "run" else machine.run
        done = run(*words[1:], stdin=stdin)
        return done.code, done.out + done.err
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["sh", "-c", command],
        env=machine.environment({"PATH": path}),
        cwd=machine.home,
        input=stdin,
        stdin=None if stdin else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    return ran.returncode, ran.stdout + ran.stderr
