"""What went wrong with the mirror, for people: one line, and what to do about it."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from tetra_es.errors import TetraEsError
from tetra_es.limits import GIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    Warn: TypeAlias = Callable[[str, str | None], None]
    """Called with a warning for the person, and a hint."""

AGAIN: Final = "`tetra-es rebuild` makes the mirror again"

_FULL: Final = ("No space left", "Out of diskspace", "quota exceeded")
"""What git and the system say when the disk is full."""


_LAST_WORDS: Final = (
    "fatal: Could not read from remote repository",
    "fatal: the remote end hung up",
    "Please make sure you have the correct access rights",
    "and the repository exists",
)
_OWNER: Final = re.compile(r"dubious ownership in repository at '(.+?)'$", re.MULTILINE)
_PROGRESS: Final = ("Cloning into ", "warning: ")


class GitMissing(TetraEsError):
    """There is no git command to run, which says nothing about the mirror."""


class NoRoom(TetraEsError):
    """There is no room for temporary files, which says nothing about the mirror."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"cannot write temporary files: {error.strerror}",
            hint="free some space, or set TMPDIR to another folder",
        )


def is_full(said: str) -> bool:
    """Return whether git, or the system, says that a disk is full."""
    return any(words in said for words in _FULL)


def failure(root: Path, what: str, said: str) -> TetraEsError:
    """Return the error for people when `what` failed on the mirror at `root` and said so."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("fatal:")]
    # The last of several errors is the one that names the thing.
    reason = fatal[0] if fatal else lines[-1] if lines else "it gave no reason"
    if is_full(said):
        return TetraEsError(
            f"no space left for the mirror {root}",
            hint="free some space and run any command again: what was recorded is safe",
        )
    if "ermission" in said or "Read-only file system" in said:
        return TetraEsError(
            f"the mirror {root} cannot be written: {reason}",
            hint="check the owner and the permissions of its files",
        )
    move = shlex.join(("mv", str(root), f"{root}.old"))
    return TetraEsError(
        f"{what} failed on the mirror {root}: {reason}",
        hint=f"`{move}` moves it away, `tetra-es rebuild` makes another; what was recorded is safe",
    )


def said_by_git(said: str) -> str:
    """Return the one line of what git said about another repository that tells most.

    Its last words only say that there is something to read above them.
    """
    lines = [unwrapped(line) for line in said.splitlines()]
    told = [line for line in lines if line and not line.startswith((*_LAST_WORDS, *_PROGRESS))]
    named = [line for line in told if line.startswith(("fatal: ", "error: "))]
    line = (named or told or ["git said nothing"])[-1]
    return line.removeprefix("fatal: ").removeprefix("error: ")


def unwrapped(line: str) -> str:
    """Return a line without the quote that GitPython opened before it, or closed behind it."""
    line = line.strip().removeprefix("stderr: '")
    return line.removesuffix("'").rstrip() if line.count("'") % 2 else line


def access_hint(said: str) -> str:
    """Return what to do where git reaches no repository, by what it said.

    It reads none of another account before it is told that its owner is trusted.
    """
    if found := _OWNER.search(said):
        trust = shlex.join(("git", "config", "--global", "--add", "safe.directory", found[1]))
        return f"`{trust}` says, on the machine that has it, that you trust its owner"
    return "check the address and your access"


def unusable(root: Path, error: OSError) -> TetraEsError:
    """Return the error for people when a file of the mirror at `root` cannot be used."""
    return failure(root, "writing", f"{error.strerror}: {error.filename or root}")


def git_missing(why: str) -> GitMissing:
    """Return the error for people when there is no git command to run."""
    return GitMissing(
        f"git cannot be run: {why}",
        hint=f"install git {GIT[0]}.{GIT[1]} or newer, and check PATH; what was recorded is safe",
    )


def say_nothing(_text: str, _hint: str | None) -> None:
    """Drop a warning, where nobody is there to read it."""
