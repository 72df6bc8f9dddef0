"""Pushing the mirror to a copy elsewhere.

A push is git as a person would use it, with the person's own configuration and keys, through
GitPython. Its 60 ms of import are spent by that command alone.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tetra_es.errors import Refused, TetraEsError
from tetra_es_projections.mirror.addresses import PROTOCOLS
from tetra_es_projections.mirror.failures import AGAIN, access_hint, git_missing, unwrapped
from tetra_es_projections.mirror.refs import BRANCH
from tetra_es_projections.mirror.repository import needing_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from git import Repo

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


def push_branch(root: Path, name: str, *, force: bool) -> None:
    """Bring the branch of the remote `name` to where that of the mirror at `root` is.

    Raises `Refused` when it has commits that ours has not, unless `force` replaces them, and
    `TetraEsError` with what git says when it cannot be reached.
    """
    with needing_git():
        from git import GitCommandError, GitCommandNotFound, PushInfo

    with opened(root) as repo:
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


def _rejected(name: str) -> Refused:
    return Refused(
        f"{name} has commits that the mirror has not",
        hint="after a purge, --force replaces them; else find out who else pushes there",
    )


def _unreachable(name: str, said: str) -> TetraEsError:
    lines = [line.strip() for line in said.splitlines() if "fatal:" in line or "error:" in line]
    why = unwrapped(lines[0]) if lines else "git could not push"
    return TetraEsError(f"cannot push to {name}: {why}", hint=access_hint(said))


@contextmanager
def opened(root: Path) -> Iterator[Repo]:
    """Open the mirror, whatever repository the environment speaks of."""
    with without_repository():
        with needing_git():
            from git import InvalidGitRepositoryError, NoSuchPathError, Repo
        try:
            repo = Repo(root, search_parent_directories=False, expand_vars=False)
        except (InvalidGitRepositoryError, NoSuchPathError) as error:
            raise TetraEsError(f"{root} is not a git repository", hint=AGAIN) from error
        repo.git.update_environment(
            GIT_DIR=str(root.absolute()), GIT_ALLOW_PROTOCOL=allowed_protocols()
        )
        with repo:
            yield repo


@contextmanager
def without_repository() -> Iterator[None]:
    """Hide from git, and from GitPython, which repository the environment speaks of."""
    hidden = {name: os.environ.pop(name) for name in _REPOSITORY_VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


def allowed_protocols() -> str:
    """Return what git may use to reach a copy, as its variable has it."""
    allowed = os.environ.get("GIT_ALLOW_PROTOCOL", ":".join(PROTOCOLS)).split(":")
    return ":".join(one for one in allowed if one in PROTOCOLS)
