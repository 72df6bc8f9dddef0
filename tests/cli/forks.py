"""`python tests/cli/forks.py`: many commands, each in a fork of one process, for the time it saves.

Reads from standard input, as JSON, the folder to copy as each command's home, and the arguments
of each command. Prints, as JSON, what each printed and its exit code.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import click

from tetra_es_cli.entry import boundary  # noqa: F401 - `main` imports it late
from tetra_es_cli.entry.root import cli
from tetra_es_cli.main import main

SECONDS = 60


def load(group: click.Group) -> None:
    """Import every command, so that no fork has to."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            load(command)


def child(arguments: list[str], home: Path, out: int, err: int) -> None:
    signal.alarm(SECONDS)
    os.environ["HOME"] = str(home)
    os.chdir(home)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    main(arguments)


def run(arguments: list[str], home: Path) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            try:
                child(arguments, home, out.fileno(), err.fileno())
            finally:  # what raises here was not caught by `main`
                os._exit(70)
        _, status = os.waitpid(pid, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        return os.waitstatus_to_exitcode(status), texts[0], texts[1]


def serve(source: Path, commands: list[list[str]]) -> list[tuple[int, str, str]]:
    """Run the commands, each on a copy of `source` that no other has changed."""
    load(cli)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        for arguments in commands:
            if not home.exists():
                shutil.copytree(source, home, symlinks=True)
            found.append(run(arguments, home))
            if found[-1][0] == 0:
                shutil.rmtree(home)
    return found


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(serve(Path(asked["home"]), asked["commands"]), sys.stdout)
