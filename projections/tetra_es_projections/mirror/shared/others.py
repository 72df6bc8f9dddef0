"""Other branches and tags there, which may keep what was purged.

`share repair` keeps in a branch there what was never an event, and with it the history below that.
People keep branches of their own; hosts keep those of requests, which nobody can delete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tetra_es.log.purges import TOPICS
from tetra_es_projections.mirror.addresses import without_account
from tetra_es_projections.mirror.refs import BRANCH, COMMIT, FOUND
from tetra_es_projections.mirror.shared.setting_aside import reaches_purged
from tetra_es_projections.mirror.shared.transfer import PATIENCE, REMOTE, ready, unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.git import Git

_HERE: Final = "refs/tetra-es/others"
"""Below it, what is fetched of them to be looked at."""


class Ref(NamedTuple):
    """A branch or tag there, and what it is at."""

    name: str
    commit: str

    @property
    def shown(self) -> str:
        """Its name as people know it."""
        return self.name.removeprefix("refs/heads/").removeprefix("refs/tags/")


def keeping_purged(root: Path, git: Git, url: str, replica: Replica, commit: str) -> list[Ref]:
    """Return what there reaches something that was purged, given the newest commit of ours.

    Nothing is asked where nothing was purged. Raises `TetraEsError` where it does not answer.
    """
    if not replica.of_topics(TOPICS, replica.last_position()):
        return []
    found = [ref for ref in _listed(root, url) if ref.commit != commit]
    if not found:
        return []
    _fetch(root, url, found)
    return [ref for ref in found if reaches_purged(root, git, replica, ref.commit, commit)]


def is_ours(ref: Ref) -> bool:
    """Return whether `share repair` made a branch."""
    return ref.name.startswith((f"{FOUND}/", f"{FOUND}-"))


def delete(root: Path, url: str, refs: Sequence[Ref]) -> list[Ref]:
    """Delete branches there, where they are what was looked at; return those that are left."""
    with ready(root, url) as repo:
        git: Any = repo.git
        _, printed, _ = git.push(
            "--porcelain",
            "--no-verify",
            *(f"--force-with-lease={ref.name}:{ref.commit}" for ref in refs),
            REMOTE,
            *(f":{ref.name}" for ref in refs),
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    gone = {line.split("\t")[1][1:] for line in printed.splitlines() if line.startswith("-\t:")}
    return [ref for ref in refs if ref.name not in gone]


def _listed(root: Path, url: str) -> list[Ref]:
    with ready(root, url) as repo:
        git: Any = repo.git  # whose types know two results of this one
        status, printed, said = git.ls_remote(
            "--refs",
            REMOTE,
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    if status:
        raise unreachable(without_account(url), said)
    rows = [line.split("\t") for line in printed.splitlines()]
    return [
        Ref(name, commit)
        for commit, name in rows
        if COMMIT.fullmatch(commit) and name.startswith("refs/") and name != BRANCH
    ]


def _fetch(root: Path, url: str, refs: Sequence[Ref]) -> None:
    with ready(root, url, checked=False) as repo:
        git: Any = repo.git
        status, _, said = git.fetch(
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--quiet",
            REMOTE,
            *(f"+{ref.name}:{_HERE}/{number}" for number, ref in enumerate(refs)),
            with_extended_output=True,
            with_exceptions=False,
            kill_after_timeout=PATIENCE,
        )
    if status:
        raise unreachable(without_account(url), said)
