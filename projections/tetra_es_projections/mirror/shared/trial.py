"""Trying what the other side lets people do to `main` there, without doing it.

A push is all or nothing where it says so. The one that is tried holds two more branches, of which
no repository takes both: one's name is a folder of the other's. So it always fails, and what is
said about `main` tells whether a rule refused that, or only the company that it was in.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

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
_OF_MAIN: Final = re.compile(rf"^!\t\S*:{BRANCH}\t\[remote rejected\] ?\((.*)\)$", re.MULTILINE)
_COMPANY: Final = "atomic"
"""Part of what is said of a branch that was refused because another one was."""


def lets(root: Path, url: str, commit: str, before: str | None) -> Iterator[str]:
    """Yield what may be done to `main`, which is at `commit`, beside appending to it.

    `before` is a commit that does not follow it, None where there is none. Nothing changes there.
    What does not answer, or takes no push as a whole, is not found out.
    """
    if before and _is_let(root, url, f"+{before}:{BRANCH}", commit):
        yield "forced pushes to main"
    if _is_let(root, url, f":{BRANCH}", commit):
        yield "the deletion of main"


def _is_let(root: Path, url: str, move: str, commit: str) -> bool:
    more = [f"{commit}:{_TRIAL}", f"{commit}:{_TRIAL}/refused"]
    with ready(root, url) as repo:
        status, printed, _ = repo.git.push(
            "--porcelain",
            "--no-verify",
            "--atomic",
            REMOTE,
            move,
            *more,
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    if not status:  # it took what no repository can take: main is put back
        with suppress(Moved, TetraEsError):
            push_main(root, url, commit)
        return True
    found = _OF_MAIN.search(printed)
    return bool(found and _COMPANY in found[1])
