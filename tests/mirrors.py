"""Mirrors as people and older versions leave them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ENV = {**os.environ, "HOME": "/nonexistent"}
WHO = ("-c", "user.name=carol", "-c", "user.email=carol@example.org")


def git(folder: Path, *arguments: str, data: str | None = None) -> str:
    """Run a person's git in a folder."""
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(
        command, env=_ENV, input=data, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def unpack(root: Path) -> None:
    """Give each object of the bare repository at `root` a file of its own."""
    for pack in (root / "objects" / "pack").glob("*.pack"):
        data = pack.read_bytes()
        pack.with_suffix(".idx").unlink()
        pack.unlink()
        subprocess.run(
            ["git", "-C", str(root), "unpack-objects", "-q"], input=data, check=True, env=_ENV
        )


def give_work_tree(root: Path) -> None:
    """Make of a mirror what the first edition made: a repository with a work tree."""
    below = root.with_name(".below")
    root.rename(below)
    root.mkdir(mode=0o700)
    below.rename(root / ".git")
    config = root / ".git" / "config"
    config.write_text(config.read_text().replace("bare = true", "bare = false"))
    git(root, "reset", "-q", "--hard", "main")
    checksum = (root / ".git" / "index").read_bytes()[-20:].hex()
    note = (root / ".git" / "tetra-es-mirror").read_text().strip()
    (root / ".git" / "tetra-es-worktree").write_text(f"{note} {checksum}\n")
    (root / ".git" / "tetra-es-mirror").unlink()


def commit_on(root: Path, ref: str, text: str = "mine", *, parent: str | None = None) -> str:
    """Commit a file `notes.txt` to a ref of the bare repository at `root`; return the commit."""
    blob = git(root, "hash-object", "-w", "--stdin", data=f"{text}\n").strip()
    before = git(root, "ls-tree", parent or ref)
    kept = "".join(line for line in before.splitlines(True) if not line.endswith("\tnotes.txt\n"))
    tree = git(root, "mktree", data=f"{kept}100644 blob {blob}\tnotes.txt\n").strip()
    above = parent or ref
    made = git(root, *WHO, "commit-tree", tree, "-p", above, "-m", text).strip()
    git(root, "update-ref", ref, made)
    return made
