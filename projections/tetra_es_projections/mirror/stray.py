"""What people left where only commits of tetra-es belong.

Somebody commits on `main`, or on no branch at all, or changes a file and does not commit it. None
of that may stop a command, and none of it may be lost: it is kept under `refs/heads/found/`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from shlex import join
from typing import TYPE_CHECKING, Final

from tetra_es_projections.mirror import marker
from tetra_es_projections.mirror.changes import Changes, changes, commit_changes
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

ON_MAIN: Final = "main in {} had commits that tetra-es did not make"
ON_NO_BRANCH: Final = "{} had commits on no branch"
NOT_COMMITTED: Final = "{} had changes that were not committed"

_LENGTH: Final = 40
"""Digits of an id."""


def keep(root: Path, git: Git, warn: Warn, *, main: str | None, tip: str) -> None:
    """Keep what checking out `tip` as `main` would lose, and say so.

    `main` is where the branch is, unless that is one of our own commits. Raises `TetraEsError`.
    """
    refs = keep_commits(root, git, warn, main=main)
    if not marker.is_being_reset(root):  # what differs would be what we did not get to
        last, head = marker.marked(root), head_of(root, refs)
        found = changes(root, git, (last and last.commit, head, tip))
        keep_changes(root, git, warn, found, head or tip)


def keep_all(
    root: Path,
    git: Git,
    warn: Warn,
    *,
    main: str | None,
    recorded: Mapping[str, bytes],
    alone: bool,
) -> bool:
    """Keep what removing the mirror would lose, and say so; return whether that was all.

    `recorded` are the files of the mirror that takes its place. Changes are committed on top of
    the commit that is checked out, or `alone`.
    """
    refs = keep_commits(root, git, warn, main=main)
    last, head = marker.marked(root), head_of(root, refs)
    found = changes(root, git, (last and last.commit, head), recorded, everything=True)
    keep_changes(root, git, warn, found, None if alone else head)
    return found.complete


def keep_changes(root: Path, git: Git, warn: Warn, found: Changes, parent: str | None) -> None:
    """Commit changes on top of `parent`, under `found/`, and say so."""
    if found.files:
        ref = new_found(all_refs(root), datetime.now(UTC))
        commit_changes(root, git, found.files, parent, ref)
        say(warn, root, NOT_COMMITTED, ref)


def keep_commits(root: Path, git: Git, warn: Warn, *, main: str | None) -> dict[str, str]:
    """Keep commits that no branch will have, and say so; return all refs."""
    refs = all_refs(root)
    for commit, what in ((main, ON_MAIN), (on_no_branch(root, git, refs), ON_NO_BRANCH)):
        if commit is not None and commits_among(root, git, [commit]):
            ref = next((ref for ref in refs if is_found(ref) and refs[ref] == commit), None)
            if ref is None:
                ref = new_found(refs, datetime.now(UTC))
                git.run(root, "update-ref", ref, commit)
            refs[ref] = commit
            say(warn, root, what, ref)
    return refs


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


def say(warn: Warn, root: Path, what: str, ref: str) -> None:
    """Tell the person where something is kept, and how to look at it."""
    name = ref.removeprefix("refs/heads/")
    command = join(("git", "-C", str(root), "log", "-p", f"main..{name}"))
    warn(f"{what.format(root)}; they are kept as {name}", f"`{command}` shows them")


def commits_among(root: Path, git: Git, names: Iterable[str]) -> set[str]:
    """Return those that are commits of the mirror."""
    data = "".join(f"{name}\n" for name in names).encode()
    lines = git.read(root, "cat-file", "--batch-check", data=data).decode().splitlines()
    return {line[:_LENGTH] for line in lines if line[_LENGTH:].startswith(" commit ")}


def on_no_branch(root: Path, git: Git, refs: Mapping[str, str]) -> str | None:
    """Return the commit that is checked out where no ref would keep it, else None."""
    head = head_of(root, refs)
    if head is None or head in refs.values():
        return None
    commits = commits_among(root, git, (head, *refs.values()))
    if head not in commits:
        return None
    listing = "".join(f"{line}\n" for line in (head, *(f"^{one}" for one in commits - {head})))
    printed = git.read(root, "rev-list", "--max-count=1", "--stdin", data=listing.encode())
    return head if printed else None
