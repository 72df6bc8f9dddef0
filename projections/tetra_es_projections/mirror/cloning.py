"""Fetching a copy of the mirror from elsewhere, into a folder that is gone afterwards.

As for a push, it is git as a person would use it, with the person's own configuration and keys, and
the address in the environment alone.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.addresses import address, without_account
from tetra_es_projections.mirror.failures import NoRoom, access_hint, said_by_git
from tetra_es_projections.mirror.refs import BRANCH, HEAD
from tetra_es_projections.mirror.shared.transfer import PATIENCE, REMOTE, ready
from tetra_es_projections.mirror.temporary import folder_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git import Repo

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_MISSING = "couldn't find remote ref"
_LAST = 8192
"""Bytes of what git said last, which are enough to tell why it failed."""


@contextmanager
def cloned(url: str) -> Iterator[Path]:
    """Yield a bare clone of the branch `main` of the repository at an address.

    Raises `UsageError` for another text, `TetraEsError` with what git says.
    """
    where = address(url, Path.cwd(), None)
    try:
        with folder_for("clone") as folder:
            root = folder / "history"
            _make(root)
            with ready(root, where, checked=False) as repo:
                status, said = _fetch(repo)
            if status:
                raise _unreachable(where, said)
            yield root
    except OSError as error:
        raise NoRoom(error) from error


def _make(root: Path) -> None:
    for name in ("objects/info", "objects/pack", "refs/heads"):
        (root / name).mkdir(parents=True)
    (root / "HEAD").write_text(HEAD)
    (root / "config").write_text(_CONFIG)


def _fetch(repo: Repo) -> tuple[int, str]:
    """Fetch `main`, however long that takes; give up where git says nothing for a while."""
    git: Any = repo.git
    running = git.fetch(
        "--progress",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        REMOTE,
        f"+{BRANCH}:{BRANCH}",
        as_process=True,
    )
    process, said = running.proc, b""
    try:
        while True:
            ready_now, _, _ = select.select([process.stderr], [], [], PATIENCE)
            if not ready_now:
                _kill(process.pid)
                process.wait()
                return 1, f"fatal: no answer for {PATIENCE} seconds"
            more = os.read(process.stderr.fileno(), 65536)
            if not more:
                return process.wait(), said.decode(errors="replace")
            said = (said + more)[-_LAST:]
    finally:
        process.stdout.close()
        process.stderr.close()


def _kill(pid: int) -> None:
    """Kill a process and those that it started, such as ssh."""
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            _kill(int(child))
    with suppress(OSError):
        os.kill(pid, signal.SIGKILL)


def _unreachable(where: str, said: str) -> TetraEsError:
    shown = without_account(where)
    if _MISSING in said:
        return TetraEsError(
            f"cannot clone {shown}: there is no history yet",
            hint="`tetra-es share URL` puts one there, where it is",
        )
    why = without_account(said_by_git(said.replace("\r", "\n"))).replace(REMOTE, "it")
    return TetraEsError(f"cannot clone {shown}: {why}", hint=access_hint(said))
