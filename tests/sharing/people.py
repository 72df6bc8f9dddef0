"""Two people with machines of their own, and the repository by which they share."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.examples import THOROUGH
from tests.machine import Machine
from tests.mirrors import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESS = "ssh://git.acme.example/acme.git"
"""Where the repository is, as people write it: git on each machine knows a folder for it."""


@dataclass(frozen=True)
class Team:
    """Alice, who began; Bob, who joined her; and the bare repository between them."""

    hub: Path
    alice: Machine
    bob: Machine

    def __iter__(self) -> Iterator[Machine]:
        return iter((self.alice, self.bob))

    def copy(self, folder: Path) -> Team:
        """Return a copy in another folder: that is quicker than to share again."""
        hub = folder / "hub.git"
        shutil.copytree(self.hub, hub, symlinks=True)
        copies = [person.copy(folder / person.home.name) for person in self]
        for person in copies:
            knows(person, hub)
        return Team(hub, *copies)

    def shared(self) -> list[str]:
        """Return the commits of `main` in the repository, the oldest first."""
        return git(self.hub, "rev-list", "--reverse", "main").split()

    def check_equal(self, *, whole: bool = THOROUGH) -> None:
        """Check that both have what is shared, byte for byte; if `whole`, that all is sound.

        The newest commit names all of the events, and all files.
        """
        for person in self:
            person.ok("pull")
        newest = {git(self.hub, "rev-parse", "main")}
        assert {person.git("rev-parse", "main") for person in self} == newest
        for person in self if whole else ():
            person.ok("rebuild", "--check")
            person.ok("verify")

    def on_push(self, script: str, *, hook: str = "pre-receive") -> None:
        """Have the repository run a shell script when the next push comes, and that one alone.

        `pre-receive` comes before the push has happened, `post-receive` after it.
        """
        path = self.hub / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nrm {path}\n{script}\n")
        path.chmod(0o755)


def bare_repository(folder: Path) -> Path:
    """Make an empty repository, as a host has them."""
    subprocess.run(
        ["git", "init", "-q", "--bare", "--template=", "-b", "main", str(folder)], check=True
    )
    return folder


def knows(machine: Machine, hub: Path, address: str = ADDRESS) -> None:
    """Have git on a machine go to a folder for an address."""
    settings = f'[url "{hub}"]\n\tinsteadOf = {address}\n[receive]\n\tautogc = false\n'
    (machine.home / ".gitconfig").write_text(settings)


def also_knows(machine: Machine, hub: Path, address: str) -> None:
    """Have git on a machine go there for another address, too."""
    with (machine.home / ".gitconfig").open("a") as file:
        file.write(f'[url "{hub}"]\n\tinsteadOf = {address}\n')


def person(home: Path, name: str) -> Machine:
    """Return a new machine of somebody."""
    home.mkdir()
    return replace(Machine(home), env={"USER": name, "TETRA_ACTOR": name})


def command(machine: Machine, *words: str) -> str:
    """Return a shell command that runs `tetra-es` on a machine, wherever it is run from."""
    env = [f"{name}={value}" for name, value in machine.environment().items()]
    return shlex.join(["env", "-i", *env, *machine.forked().argv(*words)])


def with_git(machine: Machine, folder: Path, script: str) -> Machine:
    """Return the machine with a git whose first push is what the shell script makes of it.

    In the script, `push` is the push itself, and what the script exits with is git's exit code.
    """
    folder.mkdir()
    path, real = folder / "git", shutil.which("git")
    push = f'push() {{ {real} "$@"; }}'
    text = f'case " $* " in *" push "*) rm {path};; *) exec {real} "$@";; esac\n{push}\n{script}\n'
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    found = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return replace(machine, env={**machine.env, "PATH": found})
