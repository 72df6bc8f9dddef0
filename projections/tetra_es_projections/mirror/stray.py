"""Commits that people left where only commits of tetra-es belong.

Somebody pushes to `main`, or moves it, or sets HEAD to another commit. None of that may stop
a command, and none of it may be lost: it is kept under `refs/heads/found/`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from shlex import join
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es_projections.mirror.refs import (
    BRANCH,
    all_refs,
    head_of,
    is_found,
    mend_branch,
    new_found,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git

_ON_MAIN: Final = "main in {} had commits that tetra-es did not make"
_ON_NO_BRANCH: Final = "{} had commits on no branch"

_LENGTH: Final = 40
"""Digits of an id."""


class Found(NamedTuple):
    """A commit of people, and the ref that keeps it."""

    ref: str
    commit: str
    what: str


def commits_to_keep(
    root: Path, git: Git, refs: Mapping[str, str], *, main: str | None
) -> list[Found]:
    """Return the commits that no branch of `refs` will have.

    `main` is where the branch is, unless that is one of our own commits. Raises `TetraEsError`.
    """
    taken, found = dict(refs), []
    for commit, what in ((main, _ON_MAIN), (_on_no_branch(root, git, refs), _ON_NO_BRANCH)):
        if commit is not None and commits_among(root, git, [commit]):
            ref = next((ref for ref in taken if is_found(ref) and taken[ref] == commit), None)
            ref = ref or new_found(taken, datetime.now(UTC))
            taken[ref] = commit
            found.append(Found(ref, commit, what))
    return found


def keep_commits(root: Path, git: Git, warn: Warn, *, main: str | None) -> None:
    """Keep in the mirror at `root` the commits that no branch will have, and say so."""
    for found in commits_to_keep(root, git, all_refs(root), main=main):
        git.run(root, "update-ref", found.ref, found.commit)
        say(warn, root, found)


def move_main(root: Path, git: Git, tip: str, *gone: str) -> None:
    """Move the branch to `tip`, whatever is in its place, and remove the refs `gone`."""
    mend_branch(root)
    refs = all_refs(root)
    for ref, commit in list(refs.items()):
        if ref.startswith(f"{BRANCH}/"):  # a branch of this name leaves no room for `main`
            name = new_found(refs, datetime.now(UTC))
            refs[name] = commit
            git.run(root, "update-ref", name, commit)
            git.run(root, "update-ref", "-d", ref)
    lines = ["option no-deref", f"update {BRANCH} {tip}", *(f"delete {ref}" for ref in gone)]
    git.run(root, "update-ref", "--stdin", data="".join(f"{line}\n" for line in lines).encode())


def say(warn: Warn, root: Path, found: Found) -> None:
    """Tell the person where a commit is kept, and how to look at it."""
    name = found.ref.removeprefix("refs/heads/")
    command = join(("git", "-C", str(root), "log", "-p", f"main..{name}"))
    warn(f"{found.what.format(root)}; they are kept as {name}", f"`{command}` shows them")


def commits_among(root: Path, git: Git, names: Iterable[str]) -> set[str]:
    """Return those that are commits of the mirror."""
    data = "".join(f"{name}\n" for name in names).encode()
    lines = git.read(root, "cat-file", "--batch-check", data=data).decode().splitlines()
    return {line[:_LENGTH] for line in lines if line[_LENGTH:].startswith(" commit ")}


def _on_no_branch(root: Path, git: Git, refs: Mapping[str, str]) -> str | None:
    """Return the commit that HEAD names where no ref would keep it, else None."""
    head = head_of(root, refs)
    if head is None or head in refs.values():
        return None
    commits = commits_among(root, git, (head, *refs.values()))
    if head not in commits:
        return None
    listing = "".join(f"{line}\n" for line in (head, *(f"^{one}" for one in commits - {head})))
    printed = git.read(root, "rev-list", "--max-count=1", "--stdin", data=listing.encode())
    return head if printed else None
