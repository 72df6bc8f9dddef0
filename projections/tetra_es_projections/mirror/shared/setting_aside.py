"""Setting aside what `main` there has that is not a commit of an admitted event."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from shlex import join
from typing import TYPE_CHECKING, Final

from tetra_es.errors import Refused
from tetra_es_projections.bodies import purged_by
from tetra_es_projections.mirror.addresses import without_account
from tetra_es_projections.mirror.listing import objects_named
from tetra_es_projections.mirror.refs import BRANCH, FOUND

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.git import Git

_AT_ONCE: Final = 100
"""Objects that are read together."""


def reaches_purged(root: Path, git: Git, replica: Replica, tip: str, commit: str) -> bool:
    """Return whether something that `tip` reaches, and `commit` does not, was purged."""
    purged = purged_by(replica, 0, replica.last_position())
    if not purged:
        return False
    listed = git.read(root, "rev-list", "--objects", "--no-object-names", tip, f"^{commit}")
    names = listed.decode().split()
    for at in range(0, len(names), _AT_ONCE):
        for one in objects_named(root, git, names[at : at + _AT_ONCE]):
            if one and one.kind == "blob" and sha256(one.content).digest() in purged:
                return True
    return False


def branch_for(tip: str) -> str:
    """Return a branch that keeps a commit there."""
    return f"{FOUND}/{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{tip[:7]}"


def beside_found(branch: str, rule: str) -> str | None:
    """Return another name for it, where a branch `found` there stands in the way of this one."""
    in_the_way = f"'{FOUND}' exists" in rule and branch.startswith(f"{FOUND}/")
    return f"{FOUND}-{branch.removeprefix(f'{FOUND}/')}" if in_the_way else None


def not_let(mirror: Path, url: str, move: tuple[str, str], rule: str) -> Refused:
    """Return the error for a repository that does not let `main` be moved from one to another."""
    tip, commit = move
    shown = without_account(url)
    lease = f"--force-with-lease={BRANCH}:{tip}"
    command = join(("git", "-C", str(mirror), "push", lease, shown, f"{commit}:{BRANCH}"))
    return Refused(
        f"{shown} refuses to set main back: {rule}",
        hint=f"allow forced pushes to main there for a moment, then run it again, or `{command}`",
    )
