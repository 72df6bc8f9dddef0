"""Running commands that must not show a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.machine import Machine, until
from tests.secrets.leaks import content, files_in_memory, places_with

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Result
from tests.secrets.leaks import Canary


@dataclass(frozen=True)
class CanaryMachine:
    """A machine, and the value that it must keep to itself."""

    machine: Machine
    canary: Canary

    def real(self) -> CanaryMachine:
        """Return the same with a process for each command."""
        return CanaryMachine(self.machine.real(), self.canary)

    def forked(self) -> CanaryMachine:
        """Return the same with two processes for each command; see tests/forks.py."""
        return CanaryMachine(self.machine.forked(), self.canary)

    def run(self, *arguments: str, code: int = 0, **more: Any) -> Result:
        """Run a command, which says nothing of the value."""
        done = self.machine.run(*arguments, **more)
        assert done.code == code, (arguments, done.code, done.out, done.err)
        assert not self.canary.is_in(done.out + done.err), arguments
        return done

    def told(self, *arguments: str, **more: Any) -> Result:
        """Run a command whose very purpose is to print the value, to standard output alone."""
        done = self.machine.ok(*arguments, **more)
        assert self.canary.is_in(done.out), arguments
        assert not self.canary.is_in(done.err), arguments
        return done

    def set(self, key: str, value: str | None = None, environment: str = "dev") -> None:
        self.run("secret", "set", environment, key, stdin=value or self.canary.text)

    def file(self, name: str, text: str) -> Path:
        """Write a file of the user's own, outside of the places that are searched."""
        path = self.machine.home.parent / name
        path.write_text(text)
        return path

    def check_places(self) -> None:
        """Check that nothing on the disk or in memory has the value."""
        assert places_with(self.canary, self.machine) == []

    def check_gone(self) -> None:
        """Check the places, once what outlives a killed process had time to clean up after it."""
        until(lambda: not any(self.canary.is_in(content(path)) for path in files_in_memory()))
        self.check_places()
