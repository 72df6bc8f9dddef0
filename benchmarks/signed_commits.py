"""A repository with as many signed commits as a history has events, written without git's help.

Each commit changes one file, and is signed as `git commit -S` signs with an SSH key: git finds each
of them good.
"""

from __future__ import annotations

import subprocess
import zlib
from hashlib import sha1
from typing import TYPE_CHECKING

from benchmarks.organization import program
from tetra_es.crypto.ssh.sshsig import armor, sign

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.organization import Machine
    from tetra_es.toml.document import ConfigDocument

_WHO = b"alice <alice@acme.example> %d +0000"
_BEGIN = 1_767_225_600


class SignedCommits:
    """The repository, and looking at all of its signatures."""

    def __init__(
        self, machine: Machine, folder: Path, commits: int, document: Callable[..., ConfigDocument]
    ) -> None:
        self._machine, self._folder, self._commits = machine, folder, commits
        self._git = program("git")
        program("ssh-keygen")  # which git verifies with
        self._run("init", "--quiet", "--bare", str(folder))
        signers = machine.folder / f"{folder.name}.signers"
        signers.write_text(f"alice@acme.example {machine.key().public_line}\n")
        self._options = ("-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={signers}")
        head = ""
        for number in range(commits):
            head = self._commit(head, number, document("local", number).text.encode())
        self._run("-C", str(folder), "update-ref", "HEAD", head)
        self._run("-C", str(folder), "repack", "-adq")
        good = self._output("log", "--format=%G?").split()
        if good != ["G"] * commits:
            raise RuntimeError(f"git does not find all signatures good: {set(good)}")

    def check(self) -> None:
        """Have git look at every signature."""
        folder = ("-C", self._folder)
        self._machine.processes.run(self._git, *folder, *self._options, "log", "--format=%G?")

    def _commit(self, parent: str, number: int, text: bytes) -> str:
        blob = self._put(b"blob", text)
        tree = self._put(b"tree", b"100644 local.toml\0" + bytes.fromhex(blob))
        who = _WHO % (_BEGIN + 60 * number)
        head = b"tree %s\n" % tree.encode()
        if parent:
            head += b"parent %s\n" % parent.encode()
        head += b"author %s\ncommitter %s\n" % (who, who)
        message = b"\nrelease %d\n" % number
        signature = armor(sign(head + message, self._machine.key(), namespace="git")).encode()
        signed = b"gpgsig " + signature.rstrip(b"\n").replace(b"\n", b"\n ") + b"\n"
        return self._put(b"commit", head + signed + message)

    def _put(self, kind: bytes, content: bytes) -> str:
        data = b"%s %d\0" % (kind, len(content)) + content
        name = sha1(data, usedforsecurity=False).hexdigest()
        place = self._folder / "objects" / name[:2] / name[2:]
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(zlib.compress(data, 1))
        return name

    def _run(self, *arguments: str) -> None:
        self._machine.processes.run(self._git, *arguments)

    def _output(self, *arguments: str) -> str:
        return subprocess.check_output(
            [self._git, "-C", self._folder, *self._options, *arguments],
            env=dict(self._machine.environment),
            text=True,
        )
