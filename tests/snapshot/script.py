"""The files of tests/data/snapshot: commands in documented states, and what each one prints.

A file is a list of sessions. A line `## STATE` begins one, in a state of tests/snapshot/states.py;
every session has a copy of its own, but for `in place`, which nothing may change. Further lines are

    # a comment
    $ tetra-es ...                      a command, its words split as a shell would
    $ echo 'TEXT' | tetra-es ...        the same with a line of standard input

and, indented, what came of it: four blanks before each line of standard output, `  ! ` before each
of standard error, and `  exit N` where that is not 0. `python -m tests.snapshot` writes these
again, and leaves the rest of a file as it is.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Result

OUT, ERR, EXIT = "    ", "  ! ", "  exit "
UNFINISHED = "  (no line end)"

_ECHO = "echo "
_PIPE = " | tetra-es "


@dataclass
class Step:
    """A command, as its file has it, and what came of it."""

    line: str
    said: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return shlex.split(self._parts[1])

    @property
    def stdin(self) -> str | None:
        text = self._parts[0]
        return None if text is None else shlex.split(text)[0] + "\n"

    @property
    def _parts(self) -> tuple[str | None, str]:
        command = self.line.removeprefix("$ ")
        if command.startswith(_ECHO):
            text, _, rest = command.removeprefix(_ECHO).partition(_PIPE)
            return text, rest
        return None, command.removeprefix("tetra-es").strip()


@dataclass
class Example:
    """Commands that are run one after the other in one state."""

    state: str
    lines: list[str | Step] = field(default_factory=list)
    """Steps, and comments as they are."""

    @property
    def steps(self) -> Iterator[Step]:
        return (line for line in self.lines if isinstance(line, Step))


def read(path: Path) -> list[Example]:
    """Return the sessions of a file. Raises `ValueError` for a line that means nothing."""
    sessions: list[Example] = []
    for line in path.read_text("utf-8").split("\n"):
        if line.startswith("## "):
            sessions.append(Example(line.removeprefix("## ")))
        elif line.startswith(("$ tetra-es", f"$ {_ECHO}")):
            sessions[-1].lines.append(Step(line))
        elif line.startswith("#"):
            sessions[-1].lines.append(line)
        elif line.startswith("  "):
            step = sessions[-1].lines[-1]
            if not isinstance(step, Step):
                raise ValueError(f"{path}: output of nothing: {line}")
            step.said.append(line)
        elif line:
            raise ValueError(f"{path}: neither a state, a command nor output: {line}")
    return sessions


def shortest(sessions: list[Example]) -> list[Example]:
    """Return as little of a file as shows the command at work: up to its first step that ends well.

    The help alone, where no step does.
    """
    for session in sessions[1:]:
        for number, line in enumerate(session.lines, start=1):
            if isinstance(line, Step) and not any(said.startswith(EXIT) for said in line.said):
                return [Example(session.state, session.lines[:number])]
    return [Example(sessions[0].state, sessions[0].lines[:1])]


def write(sessions: list[Example]) -> str:
    """Return the text of a file."""
    parts = []
    for session in sessions:
        parts.append(f"## {session.state}\n")
        for line in session.lines:
            text = "\n".join([line.line, *line.said]) if isinstance(line, Step) else line
            parts.append(f"{text}\n" + "\n" * isinstance(line, Step))
    return "\n".join(parts).replace("\n\n\n", "\n\n").rstrip("\n") + "\n"


def said(done: Result, normal: Callable[[str], str]) -> list[str]:
    """Return the lines that a file has for a result."""
    lines = []
    for prefix, text in ((OUT, done.out), (ERR, done.err)):
        told = normal(text)
        lines += [
            f"{prefix}{line}" for line in told.split("\n")[: -1 if text[-1:] == "\n" else None]
        ]
        if not text:
            lines.pop()
        elif text[-1] != "\n":
            lines.append(UNFINISHED)
    if done.code:
        lines.append(f"{EXIT}{done.code}")
    return lines
