"""Copies of the mirror elsewhere: which there are, what they lack, and bringing them up to date.

A push is git as a person would use it, with the person's own configuration and keys, through
GitPython. Its 60 ms of import are spent by that command alone.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import Refused, TetraEsError, UsageError
from tetra_es_projections.mirror import configuration, repository
from tetra_es_projections.mirror.addresses import PROTOCOLS, address, is_name, new_remote
from tetra_es_projections.mirror.failures import git_missing
from tetra_es_projections.mirror.refs import BRANCH, all_refs
from tetra_es_projections.mirror.repository import needing_git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git import Repo

    from tetra_es_projections.mirror.addresses import Remote
    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git

# GitPython logs what git says when a push fails; it is in our error, once.
logging.getLogger("git").addHandler(logging.NullHandler())

_REPOSITORY_VARIABLES: Final = (
    "GIT_DIR",
    "GIT_COMMON_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CONFIG",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_ATTR_SOURCE",
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


def remotes(root: Path, git: Git) -> list[RemoteRow]:
    """Return the remotes of the mirror, as of the last push. Writes nothing."""
    repository.check(root)
    return [_row(root, git, remote) for remote in configuration.remotes_of(root, git)]


def add_remote(root: Path, git: Git, warn: Warn, name: str, url: str) -> None:
    """Add a remote. Raises `UsageError` or `Refused`."""
    if not is_name(name):
        raise UsageError(
            f"not a remote's name: {name!r}", hint="use letters, digits and . _ -, such as origin"
        )
    url = address(url, Path.cwd(), root.parent)
    known = _of_a_mirror(root, git, warn)
    if name in known:
        raise Refused(
            f"there is a remote {name} already", hint=f"`tetra-es mirror rm {name}` removes it"
        )
    configuration.write(root, [*known.values(), new_remote(name, url)])


def remove_remote(root: Path, git: Git, warn: Warn, name: str) -> None:
    """Forget a remote; the repository there stays as it is."""
    known = _of_a_mirror(root, git, warn)
    _named(known, name)
    del known[name]
    configuration.write(root, known.values())


def push(root: Path, git: Git, warn: Warn, name: str, *, force: bool = False) -> RemoteRow:
    """Bring a remote's branch to where ours is.

    Raises `Refused` when it has commits that ours has not, unless `force` replaces them, and
    `TetraEsError` with what git says when it cannot be reached.
    """
    known = _of_a_mirror(root, git, warn)
    _named(known, name)
    with needing_git():
        from git import GitCommandError, GitCommandNotFound, PushInfo

    with _opened(root) as repo:
        try:
            pushed = repo.remote(name).push(f"{'+' if force else ''}{BRANCH}:{BRANCH}")
            for info in pushed:
                if info.flags & PushInfo.REJECTED:
                    raise _rejected(name)
                if info.flags & PushInfo.REMOTE_REJECTED:
                    why = f"{name} refused the push: {info.summary.strip()}"
                    raise TetraEsError(why, hint="a hook or a rule there forbids it")
            pushed.raise_if_error()
        except GitCommandNotFound as error:  # gone since it was looked for
            raise git_missing("not found") from error
        except GitCommandError as error:
            raise _unreachable(name, str(error.stderr)) from error
    return _row(root, git, known[name])


def _of_a_mirror(root: Path, git: Git, warn: Warn) -> dict[str, Remote]:
    """Return the remotes, for changing something."""
    repository.check(root)
    configuration.secure(root, git, warn)
    return {remote.name: remote for remote in configuration.remotes_of(root, git)}


def _row(root: Path, git: Git, remote: Remote) -> RemoteRow:
    refs = all_refs(root)
    there, here = refs.get(f"refs/remotes/{remote.name}/main"), refs.get(BRANCH)
    if there is None or here is None:
        return RemoteRow(remote.name, remote.url, there, None)
    counted = git.read(root, "rev-list", "--left-right", "--count", f"{there}...{here}")
    ahead, behind = map(int, counted.split())
    return RemoteRow(remote.name, remote.url, there, None if ahead else behind)


def _named(known: dict[str, Remote], name: str) -> None:
    if name not in known:
        raise UsageError(
            f"the mirror has no remote {name!r}",
            hint=f"it has {', '.join(known)}"
            if known
            else "`tetra-es mirror add origin URL` adds one",
        )


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
            repo = Repo(root, search_parent_directories=False, expand_vars=False)
        except (InvalidGitRepositoryError, NoSuchPathError) as error:
            raise TetraEsError(
                f"{root} is not a git repository", hint="`tetra-es rebuild` makes the mirror again"
            ) from error
        allowed = os.environ.get("GIT_ALLOW_PROTOCOL", ":".join(PROTOCOLS)).split(":")
        repo.git.update_environment(
            GIT_DIR=str(root.absolute() / ".git"),
            GIT_WORK_TREE=str(root.absolute()),
            GIT_ALLOW_PROTOCOL=":".join(one for one in allowed if one in PROTOCOLS),
        )
        with repo:
            yield repo
    finally:
        os.environ.update(hidden)
