"""Copies of the mirror elsewhere: which there are, what they lack, and bringing them up to date.

This is git as a person would use it, with the person's own configuration and keys, through
GitPython. Its 60 ms of import are spent by these commands alone.
"""

from __future__ import annotations

import logging
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import Refused, TetraEsError, UsageError
from tetra_es_projections.mirror.repository import BRANCH, needing_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from git import Remote, Repo

# GitPython logs what git says when a push fails; it is in our error, once.
logging.getLogger("git").addHandler(logging.NullHandler())

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)

_REPOSITORY_VARIABLES: Final = (
    "GIT_DIR",
    "GIT_COMMON_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)
"""What would lead git and GitPython to another repository than the one they are given."""


class RemoteRow(NamedTuple):
    """One copy of the mirror."""

    remote: str
    url: str
    commit: str | None
    """What its branch was at when we last pushed or asked; None for never."""
    behind: int | None
    """Commits of ours that it lacks; None where its history is another one."""


def remotes(root: Path) -> list[RemoteRow]:
    """Return the remotes of the mirror, as of the last push."""
    with _opened(root) as repo:
        return [_row(repo, remote) for remote in repo.remotes]


def add_remote(root: Path, name: str, url: str) -> None:
    """Let `name` stand for a repository elsewhere. Raises `UsageError` or `Refused`."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"not a remote's name: {name!r}", hint="use letters, digits and . _ -, such as origin"
        )
    if not url or url.startswith(("-", "ext::")) or not url.isprintable():
        raise UsageError(
            f"not a repository's address: {url!r}",
            hint="such as git@example.org:acme/history.git or a path",
        )
    with _opened(root) as repo:
        if name in repo.remotes:
            raise Refused(f"there is a remote {name} already", hint="remove it first")
        repo.create_remote(name, url)


def remove_remote(root: Path, name: str) -> None:
    """Forget a remote; the repository there stays as it is."""
    with _opened(root) as repo:
        repo.delete_remote(_named(repo, name))


def push(root: Path, name: str, *, force: bool = False) -> RemoteRow:
    """Bring a remote's branch to where ours is.

    Raises `Refused` when it has commits that ours has not, unless `force` replaces them, and
    `TetraEsError` with what git says when it cannot be reached.
    """
    from git import GitCommandError, PushInfo

    with _opened(root) as repo:
        remote = _named(repo, name)
        try:
            pushed = remote.push(f"{'+' if force else ''}{BRANCH}:{BRANCH}")
            for info in pushed:
                if info.flags & PushInfo.REJECTED:
                    raise _rejected(name)
                if info.flags & PushInfo.REMOTE_REJECTED:
                    why = f"{name} refused the push: {info.summary.strip()}"
                    raise TetraEsError(why, hint="a hook or a rule there forbids it")
            pushed.raise_if_error()
        except GitCommandError as error:
            raise _unreachable(name, str(error.stderr)) from error
        return _row(repo, remote)


def _row(repo: Repo, remote: Remote) -> RemoteRow:
    ref = next((ref for ref in remote.refs if ref.remote_head == "main"), None)
    if ref is None:
        return RemoteRow(remote.name, remote.url, None, None)
    commit = ref.commit
    behind = (
        sum(1 for _ in repo.iter_commits(f"{commit.hexsha}..{BRANCH}"))
        if repo.is_ancestor(commit, repo.commit(BRANCH))
        else None
    )
    return RemoteRow(remote.name, remote.url, commit.hexsha, behind)


def _named(repo: Repo, name: str) -> Remote:
    if name not in repo.remotes:
        known = ", ".join(remote.name for remote in repo.remotes)
        raise UsageError(
            f"the mirror has no remote {name!r}",
            hint=f"it has {known}" if known else "`tetra-es mirror add origin URL` adds one",
        )
    return repo.remote(name)


def _rejected(name: str) -> Refused:
    return Refused(
        f"{name} has commits that the mirror has not",
        hint="after a purge, --force replaces them; else find out who else pushes there",
    )


def _unreachable(name: str, said: str) -> TetraEsError:
    lines = [line.strip(" '") for line in said.splitlines() if "fatal:" in line or "error:" in line]
    why = lines[0].removeprefix("stderr: '") if lines else "git could not push"
    return TetraEsError(f"cannot push to {name}: {why}", hint="check the address and your access")


@contextmanager
def _opened(root: Path) -> Iterator[Repo]:
    """Open the mirror, whatever repository the environment speaks of."""
    hidden = {name: os.environ.pop(name) for name in _REPOSITORY_VARIABLES if name in os.environ}
    try:
        with needing_git():
            from git import InvalidGitRepositoryError, NoSuchPathError, Repo
        try:
            repo = Repo(root, search_parent_directories=False)
        except (InvalidGitRepositoryError, NoSuchPathError) as error:
            raise TetraEsError(
                f"{root} is not a git repository", hint="`tetra-es rebuild` makes the mirror anew"
            ) from error
        with repo:
            yield repo
    finally:
        os.environ.update(hidden)
