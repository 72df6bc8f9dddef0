"""A process that runs commands one after the other, to be killed while it does.

    python loop.py COMMANDS START [TIMES]      go round until somebody kills us, or so often

COMMANDS is JSON. Each command runs in a fork of its own, so that it is a real one without paying
for its imports, and prints to our standard output: what is read there was acknowledged. NUMBER in
it stands for the number of the round, from START.
"""

from __future__ import annotations

import json
import os
import sys

from tetra_es_cli.entry.root import cli
from tetra_es_cli.main import main


def say(text: str) -> None:
    os.write(1, text.encode())


def run(arguments: list[str]) -> int:
    """Run a command in a fork; return its exit code."""
    child = os.fork()
    if not child:
        main(arguments)  # ends the process
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def go_round(commands: list[list[str]], start: int, times: int = sys.maxsize) -> None:
    for number in range(start, start + times):
        for words in commands:
            code = run([word.replace("NUMBER", str(number)) for word in words])
            if code not in {0, 3}:
                say(f"failed {code} {words}\n")


if __name__ == "__main__":
    todo, numbers = json.loads(sys.argv[1]), [int(number) for number in sys.argv[2:]]
    for words in todo:
        cli.get_command(None, words[0])  # type: ignore[arg-type]  # imports it, before any fork
    say("ready\n")
    go_round(todo, *numbers)
