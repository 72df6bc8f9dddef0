"""What people use instead: a git repository with the same files, commits signed with an SSH key."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.organization import program

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.organization import Machine

_CONFIG = """\
[user]
\tname = alice
\temail = alice@acme.example
\tsigningkey = {key}
[gpg]
\tformat = ssh
[commit]
\tgpgsign = true
"""

_FILES = ("manifest.toml", "environments")


class SignedRepository:
    """A repository of an organization's files, as an operator without tetra-es would keep it."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine = machine
        self._git = program("git")
        self.folder = folder
        program("ssh-keygen")  # git signs with it
        config = machine.folder / "gitconfig"
        config.write_text(_CONFIG.format(key=machine.signing_key))
        folder.mkdir()
        for name in _FILES:
            source = machine.layout.root / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "first")

    def git(self, *arguments: str) -> None:
        """Run git in the repository."""
        self._machine.processes.run(self._git, "-C", self.folder, *arguments)

    def commit(self, path: str, *options: str) -> None:
        """Record the file at `path`: `git add`, then a signed `git commit`."""
        self.git(*options, "add", path)
        self.git(*options, "commit", "--quiet", "-m", f"set {path}")
