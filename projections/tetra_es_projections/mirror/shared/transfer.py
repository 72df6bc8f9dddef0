"""Fetching `main` of a repository elsewhere, and pushing to it.

It is git as a person would use it, with the person's own configuration and keys, through GitPython.
The address is handed over in the environment: an argument could be read by others on this machine.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import TetraEsError
from tetra_es_projections.mirror.addresses import without_account
from tetra_es_projections.mirror.failures import git_missing, said_by_git
from tetra_es_projections.mirror.pushing import opened
from tetra_es_projections.mirror.refs import BRANCH, SHARED, all_refs
from tetra_es_projections.mirror.repository import needing_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from git import Repo

PATIENCE: Final = 120
"""Seconds after which a repository counts as one that does not answer."""

_REMOTE: Final = "tetra-es-log"
_MISSING: Final = "couldn't find remote ref"
_REFUSED: Final = re.compile(r"^!\t\S+\t\[(remote )?rejected\] ?\((.*)\)$", re.MULTILINE)
_MOVED: Final = re.compile(
    "fetch first|non-fast-forward|stale info|cannot lock ref|incorrect old value"
    "|failed to update ref|failed to lock|already exists|needs force"
)
"""What git says where somebody else was first, of which some is said by the other side."""


class Moved(Exception):
    """`main` is not where it was any more: nothing was changed."""


class Lost(TetraEsError):
    """The answer did not come: it may have happened."""


def ask_main(root: Path, url: str) -> str | None:
    """Return where `main` of the repository at `url` is, None for nowhere; fetch nothing.

    Raises `TetraEsError` with what git says.
    """
    with _ready(root, url) as repo:
        git: Any = repo.git  # whose types know two results of this one
        status, printed, said = git.ls_remote(
            _REMOTE,
            BRANCH,
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    if status:
        raise _unreachable(without_account(url), said)
    return next((line.split()[0] for line in printed.splitlines()), None)


def fetch_main(root: Path, url: str) -> str | None:
    """Bring `main` of the repository at `url` into the mirror at `root`; return its commit.

    None where it has no such branch. Raises `TetraEsError` with what git says.
    """
    where = without_account(url)
    with _ready(root, url) as repo:
        status, _, said = repo.git.fetch(
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--quiet",
            _REMOTE,
            f"+{BRANCH}:{SHARED}",
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    if status and _MISSING in said:
        return None
    if status:
        raise _unreachable(where, said)
    return all_refs(root).get(SHARED)


def push_main(root: Path, url: str, commit: str, *, lease: str | None = None) -> None:
    """Bring `main` of the repository at `url` to a commit that the mirror has.

    Without `lease` only to one that follows what is there; with it, from exactly that one. Raises
    `Moved`, `Lost`, and `TetraEsError` where the other side refused.
    """
    where = without_account(url)
    with _ready(root, url) as repo:
        force = [f"--force-with-lease={BRANCH}:{lease}"] if lease else []
        status, printed, said = repo.git.push(
            "--porcelain",
            "--no-verify",
            *force,
            _REMOTE,
            f"{commit}:{BRANCH}",
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    if not status:
        return
    refused = _REFUSED.search(printed)
    if refused is None:
        raise Lost(f"{where} did not answer: {_line_of(said)}")
    if _MOVED.search(refused[2]):
        raise Moved(refused[2])
    raise TetraEsError(
        f"{where} refused what was to be recorded: {_rule_of(said) or refused[2]}",
        hint="nothing was recorded; a rule there forbids pushes to main: see its settings",
    )


def _rule_of(said: str) -> str:
    """Return what the other side says of itself, in one line."""
    lines = [
        line.removeprefix("remote:").strip() for line in said.splitlines() if "remote:" in line
    ]
    return without_account("; ".join(line for line in lines if line)[:300])


def _unreachable(where: str, said: str) -> TetraEsError:
    return TetraEsError(
        f"cannot reach {where}: {_line_of(said)}",
        hint="check the address and your access; without it nothing is recorded, and what is "
        "here can be read",
    )


def _line_of(said: str) -> str:
    return without_account(said_by_git(said).replace(_REMOTE, "it"))


@contextmanager
def _ready(root: Path, url: str) -> Iterator[Repo]:
    """Yield the mirror as GitPython has it, with a remote for the address."""
    with needing_git():
        from git import GitCommandNotFound
    with opened(root) as repo:
        first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        settings = {f"remote.{_REMOTE}.url": url, "fetch.fsckObjects": "true"}
        variables = {"GIT_CONFIG_COUNT": str(first + len(settings)), "LC_ALL": "C", "LANGUAGE": ""}
        for number, (name, value) in enumerate(settings.items(), first):
            variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        repo.git.update_environment(**variables)
        try:
            yield repo
        except GitCommandNotFound as error:
            raise git_missing("not found") from error
