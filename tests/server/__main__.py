"""`python -m tests.server build|boot|shell|test|remove`: the test host by hand, and for make."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.conftest import ROOT
from tests.server.apt import CannotBuild
from tests.server.host import Host
from tests.server.leftovers import exclusive, sweep
from tests.server.requirements import why_not
from tests.server.tree import build, cache, remove, tree


def say(text: str) -> None:
    sys.stderr.write(f"test host: {text}\n")


def test() -> int:
    """Test on a host; `main` built its tree, and removes it if it was not there before."""
    # Hosts wait more than they work: for timers, for what stays up, for each other.
    workers = ("-n", str(2 * (os.cpu_count() or 1)), "--dist", "worksteal")
    argv = [sys.executable, "-m", "pytest", *workers, "tests/server", *sys.argv[2:]]
    return subprocess.call(argv, cwd=ROOT, env={**os.environ, "TETRA_ES_SERVER": "1"})


def boot() -> int:
    """Keep a host up until Enter is pressed."""
    with Host(cache()) as host:
        say(f"up: ssh -F {host.ssh_config} {host.name}; Enter switches it off")
        sys.stdin.readline()
    return 0


def shell() -> int:
    """Open a root shell on a new host."""
    with Host(cache()) as host:
        return subprocess.call(["ssh", "-t", "-F", host.ssh_config, host.name])


def clear() -> int:
    """Remove the tree and what killed tests left; living hosts keep theirs."""
    sweep(cache())
    with exclusive(cache()):
        remove(cache())
        if not any(cache().glob("runs/*")):
            shutil.rmtree(cache())
    return 0


def main() -> int:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    commands = {"build": lambda: 0, "boot": boot, "shell": shell, "test": test}
    if command == "remove":
        return clear()
    if command not in commands:
        say(f"{command or 'nothing'} is none of build, boot, shell, test, remove")
        return 2
    if reason := why_not():
        say(f"skipped: {reason}")
        return 0
    was_there = tree(cache()).is_dir()
    try:
        build(cache())
    except CannotBuild as problem:
        say(f"skipped: {problem}")
        return 0
    if command == "build":
        say(f"built in {tree(cache())}")
    try:
        return commands[command]()
    finally:
        if command == "test" and not was_there:
            clear()


if __name__ == "__main__":
    sys.exit(main())
