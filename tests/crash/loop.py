"""A process that runs commands one after the other, to be killed while it does.

    python loop.py round COMMANDS START [TIMES]      go round until somebody kills us, or so often
    python loop.py once COMMAND SIGNAL POINT         with a signal at effect number POINT

COMMANDS and COMMAND are JSON. Each command runs in a fork of its own, so that it is a real one
without paying for its imports, and prints to our standard output: what is read there was
acknowledged. NUMBER in it stands for the number of the round, from START. SIGNAL is sent to the
whole process group; the number of effects is printed at the end of a command that gets there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from tetra_es_cli.entry.root import cli
from tetra_es_cli.main import main

EFFECTS = frozenset({
    "close", "commit", "execute", "executemany", "executescript", "flock", "flush", "fork_exec",
    "fsync", "ftruncate", "link", "mkdir", "open", "pwrite", "rename", "replace", "rmdir", "unlink",
    "utime", "waitpid", "write",
})  # fmt: skip
"""Functions of C that change something outside the process, or wait for one that does."""


class Effects:
    """Counts the effects, each twice: right before and right after it."""

    def __init__(self, signum: int, point: int) -> None:
        self.seen = 0
        self.process = 0
        """The one that is watched, not those that it starts."""
        self._signal = signum
        self._point = point

    def __call__(self, _frame: object, kind: str, function: Any) -> None:
        if kind not in {"c_call", "c_return"} or os.getpid() != self.process:
            return
        if function.__name__ == "_exit":
            say(f"effects {self.seen}\n")
        if function.__name__ not in EFFECTS:
            return
        self.seen += 1
        if self.seen == self._point:
            os.killpg(0, self._signal)


def run(arguments: list[str], effects: Effects | None) -> int:
    """Run a command in a fork; return its exit code."""
    child = os.fork()
    if not child:
        if effects:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            effects.process = os.getpid()
            sys.setprofile(effects)
        main(arguments)  # ends the process
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def say(text: str) -> None:
    os.write(1, text.encode())


def go_round(commands: list[list[str]], start: int, times: int = sys.maxsize) -> None:
    for number in range(start, start + times):
        for words in commands:
            code = run([word.replace("NUMBER", str(number)) for word in words], None)
            if code not in {0, 3}:
                say(f"failed {code} {words}\n")


if __name__ == "__main__":
    todo, numbers = json.loads(sys.argv[2]), [int(number) for number in sys.argv[3:]]
    for words in todo if sys.argv[1] == "round" else [todo]:
        cli.get_command(None, words[0])  # type: ignore[arg-type]  # imports it, before any fork
    say("ready\n")
    if sys.argv[1] == "round":
        go_round(todo, *numbers)
    else:
        # A signal to the group is for the command and what it started; we wait for the command.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(run(todo, Effects(*numbers)))
