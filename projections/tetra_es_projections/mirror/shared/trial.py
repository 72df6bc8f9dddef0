"""Trying what the other side lets people do to `main` there, without doing it.

A push is all or nothing where it says so. The one that is tried holds two more branches, of which
no repository takes both: one's name is a folder of the other's. So it always fails, and what is
said about `main` tells whether a rule refused that, or only the company that it was in.

Not every host keeps that promise. The two branches go alone first, and `main` is tried only where
the host takes neither of them, as it could not take both.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.refs import BRANCH
from tetra_es_projections.mirror.shared.transfer import (
    PATIENCE,
    REMOTE,
    Moved,
    push_main,
    ready,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TRIAL: Final = "refs/heads/tetra-es-trial"
_BOTH: Final = (_TRIAL, f"{_TRIAL}/refused")
_SAID: Final = re.compile(r"^(.)\t\S*:(refs/\S+)\t(.*)$", re.MULTILINE)
"""What git prints of a branch: a mark, where it goes, and what became of it."""
_THERE: Final = "[remote rejected]"
"""What stands before that where the other side refused it, and not git here."""
_COMPANY: Final = "atomic"
"""Part of what is said of a branch that was refused because another one was."""


class _Answer(NamedTuple):
    """What became of a push of several branches."""

    taken: tuple[str, ...]
    """Branches that were moved, made or deleted."""
    refused: dict[str, str]
    """Branch to what the other side says of it."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing happened, and that for the sake of another branch."""
        return not self.taken and any(_COMPANY in why for why in self.refused.values())


def lets(root: Path, url: str, commit: str, before: str | None) -> Iterator[str]:
    """Yield what may be done to `main`, which is at `commit`, beside appending to it.

    `before` is a commit that does not follow it, None where there is none. Nothing changes there.
    What does not answer, or takes no push as a whole, is not found out.
    """
    if not _tried(root, url, commit).is_whole:
        return
    if before and _is_let(root, url, f"{before}:{BRANCH}", commit):
        yield "forced pushes to main"
    if _is_let(root, url, f":{BRANCH}", commit):
        yield "the deletion of main"


def _is_let(root: Path, url: str, move: str, commit: str) -> bool:
    """Return whether `main` could be moved from a commit; see that it is there afterwards."""
    found = _tried(root, url, commit, f"--force-with-lease={BRANCH}:{commit}", move=move)
    if BRANCH in found.taken:  # it kept its promise the time before
        with suppress(Moved, TetraEsError):
            push_main(root, url, commit)
        return True
    return _COMPANY in found.refused.get(BRANCH, "")


def _tried(root: Path, url: str, commit: str, *options: str, move: str = "") -> _Answer:
    """Push what cannot be taken as a whole, with a move of `main`; delete what was taken of it."""
    branches = [f"{commit}:{branch}" for branch in _BOTH]
    found = _push(root, url, "--atomic", *options, moves=[move, *branches] if move else branches)
    if left := [f":{branch}" for branch in _BOTH if branch in found.taken]:
        _push(root, url, moves=left)
    return found


def _push(root: Path, url: str, *options: str, moves: list[str]) -> _Answer:
    with ready(root, url) as repo:
        _, printed, _ = repo.git.push(
            "--porcelain",
            "--no-verify",
            *options,
            REMOTE,
            *moves,
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    lines = _SAID.findall(printed)
    taken = tuple(branch for mark, branch, _ in lines if mark not in "!=")
    refused = {branch: why for mark, branch, why in lines if mark == "!" and _THERE in why}
    return _Answer(taken, refused)
